// `dktest -v` as a process: what it says of a message, and what its options change.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import { dktest } from "../support/dktest.ts";
import type { Ended } from "../support/ended.ts";

const CORPUS = new URL("../corpus/interop/", import.meta.url);
const ZONE = JSON.parse(
  await Deno.readTextFile(new URL("dns.json", CORPUS)),
) as Record<string, string[]>;
const DUAL = "mailauth/dual.eml";
const SHA1 = "opendkim/plain.lf.sha1-relaxed-simple.eml";
const DOMAINKEYS = "libdomainkeys/plain.lf.domainkeys-nofws-h.eml";
const BENCH = "bench._domainkey.example.com";

/** Runs `dktest -v` among the messages of the corpus. */
function verify(...args: string[]): Promise<Ended> {
  return dktest(["-v", ...args], { cwd: CORPUS });
}

function verifyWithZone(...args: string[]): Promise<Ended> {
  return verify("--zone", "dns.json", ...args);
}

/** A table without its columns. */
function squeeze(table: string): string {
  return table.replace(/ +/g, " ");
}

/** Verifies the first message of the corpus with the answer of a zone. */
async function letterFor(answer: unknown): Promise<string> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, JSON.stringify({ [BENCH]: answer }));
    const message = "mail-dkim/plain.lf.simple-simple.eml";
    const { code, stdout } = await verify("--json", "--zone", file, message);
    assertEquals(code, 1);
    return JSON.parse(stdout).dkim.letter;
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("`dktest -v` exits 0 and prints a table when a message passes", async () => {
  const { code, stdout, stderr } = await verifyWithZone(DUAL);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^mailauth\/dual\.eml: pass, letters C,A\n/);
  for (
    const row of [
      "  DKIM        signature 2\n",
      "  result      pass (ok)\n",
      "  letter      A, OK\n",
      "  a=          ed25519-sha256\n",
      "  d=          example.com\n",
      "  s=          ed\n",
      "  header      relaxed, 567 octets hashed\n",
      "              Content-Transfer-Encoding:Content-Type:MIME-Version:",
      "  body        relaxed, 126 octets hashed\n",
      "  DomainKeys  no signature that can be read\n",
    ]
  ) assert(stdout.includes(row), row);
  assertMatch(stdout, /\n\nAuthentication-Results: [\s\S]*dkim=pass \(ok\)/);
});

Deno.test("`dktest -v` shows the DomainKeys signature", async () => {
  const { code, stdout } = await verifyWithZone(DOMAINKEYS);
  assertEquals(code, 0);
  assertMatch(stdout, /: pass, letters A,N\n/);
  assertMatch(
    squeeze(stdout),
    /\n DomainKeys signature\n result pass \(ok\)\n letter A, OK\n a= rsa-sha1\n d= example\.com\n s= b1024\n signed nofws, \d+ octets hashed\n Received:/,
  );
});

Deno.test("`dktest -v` exits 1 when a signature fails", async () => {
  const message = "mail-dkim/plain.lf.simple-simple.x-body.eml";
  const { code, stdout } = await verifyWithZone(message);
  assertEquals(code, 1);
  assertMatch(stdout, /: no pass, letters C,P\n/);
  assertMatch(stdout, /fail \(bad bodyhash\)/);
});

Deno.test("`dktest -v` exits 1 for a message without a signature", async () => {
  const { code, stdout } = await verifyWithZone("unsigned/plain.lf.eml");
  assertEquals(code, 1);
  assertMatch(stdout, /: no pass, letters C,N\n/);
});

Deno.test("`dktest -v` does not let DomainKeys stand in for a DKIM signature that fails", async () => {
  const good = await Deno.readTextFile(new URL(DOMAINKEYS, CORPUS));
  const stdin =
    `DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=x; h=From; bh=YQ==; b=YQ==\n${good}`;
  const zone = ["--zone", new URL("dns.json", CORPUS).pathname];
  const { code, stdout } = await dktest(["-v", ...zone], { stdin });
  assertMatch(stdout, /^-: no pass, letters A,L\n/);
  assertEquals(code, 1);
});

Deno.test("`dktest -v` verifies several files and exits 1 if one of them fails", async () => {
  const { code, stdout } = await verifyWithZone(DUAL, SHA1, DOMAINKEYS);
  assertEquals(code, 1);
  const firstLines = stdout.match(/^\S+: .*$/gm)?.filter((line) =>
    line.includes("letters")
  );
  assertEquals(firstLines, [
    `${DUAL}: pass, letters C,A`,
    `${SHA1}: no pass, letters C,Q`,
    `${DOMAINKEYS}: pass, letters A,N`,
  ]);
});

for (const [name, args] of [["-", ["-"]], ["no file", []]] as const) {
  Deno.test(`\`dktest -v\` reads stdin for ${name}`, async () => {
    const zone = ["--zone", new URL("dns.json", CORPUS).pathname];
    const stdin = await Deno.readTextFile(new URL(DUAL, CORPUS));
    const { code, stdout } = await dktest(
      ["-v", "--json", ...zone, ...args],
      { stdin },
    );
    assertEquals([code, JSON.parse(stdout).file], [0, "-"]);
  });
}

Deno.test("`dktest -v` goes on after a file that it cannot read", async () => {
  const { code, stdout, stderr } = await verifyWithZone("--json", "nix", DUAL);
  assertEquals([code, JSON.parse(stdout).file], [1, DUAL]);
  assertMatch(stderr, /^dktest: Cannot verify "nix": No such file/);
});

Deno.test("`dktest -v --json` prints one line of exactly this shape", async () => {
  const { code, stdout } = await verifyWithZone(
    "--json",
    "--authserv-id",
    "mx.example.net",
    "mailauth/ed25519.eml",
  );
  assertEquals(code, 0);
  const { authenticationResults } = JSON.parse(stdout);
  assertMatch(
    authenticationResults,
    /^Authentication-Results: mx\.example\.net;\n\tdomainkeys=none \(no signature\) header\.from=example\.com;\n\tdkim=pass \(ok\) header\.d=example\.com /,
  );
  assertEquals(
    stdout,
    '{"file":"mailauth/ed25519.eml","domainkeys":{"result":"none","reason":"no signature",' +
      '"letter":"C","status":"NOSIG","domain":null,"selector":null},"dkim":{"letter":"A",' +
      '"signatures":[{"result":"pass","reason":"ok","letter":"A","status":"OK",' +
      '"domain":"example.com","selector":"ed","algorithm":"ed25519-sha256","identity":null}]},' +
      `"authenticationResults":${JSON.stringify(authenticationResults)}}\n`,
  );
});

Deno.test("`dktest -v --json` gives null for all that a malformed signature does not say", async () => {
  const stdin = "DKIM-Signature: v=1\nDomainKey-Signature: x\nFrom: a@b.c\n\n";
  const { stdout } = await dktest(["-v", "--json", "--key", "a=b"], { stdin });
  const { dkim, domainkeys } = JSON.parse(stdout);
  assertEquals(domainkeys, {
    result: "neutral",
    reason: "bad format",
    letter: "G",
    status: "SYNTAX",
    domain: null,
    selector: null,
  });
  assertEquals(dkim.signatures, [{
    result: "neutral",
    reason: "bad syntax",
    letter: "C",
    status: "BAD_SYNTAX",
    domain: null,
    selector: null,
    algorithm: null,
    identity: null,
  }]);
});

Deno.test("`dktest -v` shows an identity, and nothing of a sender as it came", async () => {
  const stdin = [
    "DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=x; h=From:\x1b[2J; bh=YQ==; b=YQ==",
    'DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=x; h=From; bh=YQ==; b=YQ==; i="\n\t[31m"@a.example',
    "From: \x1b[31mé\x9b <a@a.example\x07>",
    "\nbody\x1b\n",
  ].join("\n");
  for (const args of [[], ["--json"]]) {
    const { stdout, stderr } = await dktest(
      ["-v", ...args, "--key", "a=b", "é\x1b[31m.eml", "-"],
      { stdin },
    );
    assertMatch(stdout, /^[\x20-\x7e\n]+$/);
    assertMatch(stderr, /^[\x20-\x7e]+\n$/);
    assertMatch(stdout, /"(?:\\x0a\\x09|\\n\\t)\[31m\\?"@a\.example/);
    assert(stderr.includes('"\\xe9\\x1b[31m.eml"'), stderr);
  }
});

Deno.test("`dktest -v` counts lone CRs and signatures that are too many", async () => {
  const stdin = `${"DKIM-Signature: v=1\n".repeat(12)}From: a@b.c\n\na\rb\n`;
  const { stdout } = await dktest(["-v", "--key", "a=b"], { stdin });
  assertMatch(stdout, /\n {2}unexamined {2}2 more DKIM signatures\n/);
  assertMatch(stdout, /\n {2}lone CRs {4}1, which qmail-remote may change\n/);
});

const ANSWERS: Record<string, [answer: unknown, letter: string]> = {
  "a timeout": [{ error: "timeout" }, "K"],
  "SERVFAIL": [{ error: "servfail" }, "K"],
  "REFUSED": [{ error: "refused" }, "K"],
  "NXDOMAIN": [{ error: "nxdomain" }, "L"],
  "no TXT record": [{ error: "nodata" }, "L"],
  "a revoked key": [["v=DKIM1; p="], "I"],
  "two records without a key": [["spf", "n=é"], "G"],
};
for (const [name, [answer, letter]] of Object.entries(ANSWERS)) {
  Deno.test(`\`dktest -v --zone\` gives ${letter} for ${name}`, async () => {
    assertEquals(await letterFor(answer), letter);
  });
}

Deno.test("`dktest -v --key` takes keys in place of DNS, in any case, several of a name", async () => {
  const [txt = ""] = ZONE[BENCH]!;
  const { code, stdout } = await verify(
    ...["--json", "--key", "BENCH._domainkey.Example.COM.=nothing"],
    ...["--key", `${BENCH}=${txt}`, DUAL],
  );
  const { dkim } = JSON.parse(stdout);
  const letters = dkim.signatures.map(({ letter }: { letter: string }) =>
    letter
  );
  assertEquals([code, letters], [0, ["A", "L"]]);
});

Deno.test("`dktest -v --key` replaces what the zone says", async () => {
  const { code, stdout } = await verifyWithZone(
    ...[
      "--key",
      `${BENCH}=v=DKIM1; p=`,
      "--key",
      "ed._domainkey.example.com=k",
    ],
    ...["--json", DUAL],
  );
  assertEquals([code, JSON.parse(stdout).dkim.letter], [1, "I"]);
});

Deno.test("`dktest -v` asks DNS when it has neither --key nor --zone", async () => {
  await using server = startDnsServer(ZONE);
  const { code } = await dktest(["-v", DUAL], {
    cwd: CORPUS,
    env: { DNSCACHEIP: server.address },
  });
  assertEquals(code, 0);
  assertEquals(server.questions.length, 2);
});

Deno.test("`dktest -v --allow-rsa-sha1` lets rsa-sha1 pass", async () => {
  assertEquals((await verifyWithZone(SHA1)).code, 1);
  assertEquals((await verifyWithZone("--allow-rsa-sha1", SHA1)).code, 0);
});

Deno.test("`dktest -v --honour-length` lets octets pass after l=", async () => {
  const message = "mailauth/l10.appended.eml";
  const strict = await verifyWithZone(message);
  assertEquals(strict.code, 1);
  const table = squeeze(strict.stdout);
  assertMatch(table, /\n detail l= leaves \d+ octets unsigned\n/);
  assertMatch(table, /\n l= 10\n[^]*\n body relaxed, 10 octets hashed\n/);
  assertEquals((await verifyWithZone("--honour-length", message)).code, 0);
});

Deno.test("`dktest -v --min-rsa-bits` says how small a key may be", async () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 512,
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const bodyHash = createHash("sha256").update("\r\n").digest("base64");
  const unsigned =
    `DKIM-Signature: v=1; a=rsa-sha256; d=b.c; s=s; h=From; bh=${bodyHash}; b=`;
  const signed = Buffer.from(`From: a@b.c\r\n${unsigned}`);
  const signature = sign("sha256", signed, privateKey).toString("base64");
  const stdin = `${unsigned}${signature}\nFrom: a@b.c\n`;
  const key = `s._domainkey.b.c=p=${publicKey.toString("base64")}`;
  for (const [bits, code] of [["512", 0], ["513", 1]] as const) {
    const args = ["-v", "--key", key, "--min-rsa-bits", bits];
    assertEquals((await dktest(args, { stdin })).code, code);
  }
  const { stdout } = await dktest(["-v", "--key", key], { stdin });
  assertMatch(stdout, /policy \(bad key\)[^]*the key has 512 bits/);
});
