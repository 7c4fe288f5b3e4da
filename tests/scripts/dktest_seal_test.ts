// `dktest --seal` as a process: the set that it prints, which `dktest -v` validates, and what the command
// line may not be.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { sealTimes } from "../support/arc_sets.ts";
import { dktest } from "../support/dktest.ts";
import type { Ended } from "../support/ended.ts";
import { NOW } from "../support/signing.ts";
import { ED25519_PEM, PEM, publicKeyOf } from "../support/verifying.ts";

const MESSAGE = "From: Alice <alice@example.net>\n\nHello.\n";
const RECORD = `v=DKIM1; p=${publicKeyOf(PEM)}`;
const KEYS = [
  ...["--key", `arc._domainkey.example.com=${RECORD}`],
  ...["--key", `default._domainkey.example.com=${RECORD}`],
];
const HOST = ["--authserv-id", "mx.example.com", "--now", String(NOW)];

/** Runs dktest in a folder with the keys `example.com/arc`, of RSA, and `example.com/ed`. */
async function seal(args: string[], stdin = MESSAGE): Promise<Ended> {
  const cwd = await Deno.makeTempDir({ prefix: "dktest_" });
  try {
    await Deno.mkdir(`${cwd}/example.com`);
    await Deno.writeTextFile(`${cwd}/example.com/arc`, PEM);
    await Deno.writeTextFile(`${cwd}/example.com/ed`, ED25519_PEM);
    return await dktest(["--seal", ...args], { cwd, stdin });
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

for (const key of ["example.com/arc", "%/arc"]) {
  Deno.test(`\`dktest --seal ${key}\` prints a set that validates`, async () => {
    const { code, stdout, stderr } = await seal([key, ...HOST, ...KEYS]);
    assertEquals([code, stderr], [0, "dktest: sealed: i=1 cv=none\n"]);
    // RFC 8617 section 5.1: one of each field, with the results of this host.
    assertEquals(stdout.match(/^\S+(?=:)/gm), [
      "ARC-Seal",
      "ARC-Message-Signature",
      "ARC-Authentication-Results",
    ]);
    assertMatch(
      stdout,
      /^ARC-Authentication-Results: i=1;\s+mx\.example\.com;[^]*dkim=none[^]*arc=none/m,
    );
    const { stdout: json } = await dktest(
      ["-v", "--json", "--ip", "192.0.2.1", ...KEYS, ...HOST],
      { stdin: stdout + MESSAGE },
    );
    const { arc } = JSON.parse(json);
    assertEquals([arc.result, arc.reason], ["pass", "i=1 example.com"]);
    assertEquals(arc.sets[0].selector, "arc");
  });
}

Deno.test("`dktest --seal` goes on with a chain, and says what it found of a client", async () => {
  const zone = ["--key", "example.net=v=spf1 ip4:192.0.2.1 -all"];
  const client = ["--ip", "192.0.2.1", "--sender", "alice@example.net"];
  const args = ["example.com/arc", ...HOST, ...KEYS, ...zone, ...client];
  const { stdout, stderr } = await seal(args, sealTimes(2, MESSAGE));
  assertEquals(stderr, "dktest: sealed: i=3 cv=pass\n");
  assertMatch(
    stdout,
    /spf=pass [^]*smtp\.mailfrom=example\.net;[^]*dmarc=none/,
  );
});

Deno.test("`dktest --seal` takes another domain and selector", async () => {
  const names = ["--domain", "Example.ORG", "--selector", "s2"];
  const { stdout } = await seal([
    "example.com/arc",
    ...HOST,
    ...KEYS,
    ...names,
  ]);
  const [, domain, selector] = /d=(\S+);\s+s=(\S+);/.exec(stdout) ?? [];
  assertEquals([domain, selector], ["example.org", "s2"]);
});

Deno.test("`dktest --seal` adds no set while DNS does not answer for the chain", async () => {
  const file = await Deno.makeTempFile();
  const zone = { "default._domainkey.example.com": { error: "timeout" } };
  await Deno.writeTextFile(file, JSON.stringify(zone));
  const args = ["example.com/arc", ...HOST, "--zone", file];
  const { code, stdout, stderr } = await seal(args, sealTimes(1, MESSAGE));
  await Deno.remove(file);
  assertEquals([code, stdout], [1, ""]);
  assertMatch(stderr, /^dktest: sealed: no: .+\n$/);
});

const REFUSED: Record<string, [args: string[], code: number, text: string]> = {
  "a key that is not RSA": [["example.com/ed"], 1, "give an RSA key"],
  "a key that is not there": [["example.com/nix"], 1, "No private key"],
  "a name without a key": [
    ["%/arc", "--authserv-id", "mx.example.net"],
    1,
    "sealed: no: no key for mx.example.net",
  ],
  "a folder that is no domain": [["/keys/arc"], 2, "Cannot tell who seals"],
  "an option of signing": [
    ["example.com/arc", "--canon", "simple"],
    2,
    "Cannot use --canon with --seal",
  ],
  "a second file": [
    ["example.com/arc", "a", "b"],
    2,
    'Cannot seal a second file "b"',
  ],
  "another mode": [
    ["example.com/arc", "-v"],
    2,
    "Give one of -s KEY, -v and --seal KEY",
  ],
};
for (const [name, [args, code, text]] of Object.entries(REFUSED)) {
  Deno.test(`\`dktest --seal\` refuses ${name}`, async () => {
    const ended = await seal([...args, ...KEYS]);
    assertEquals([ended.code, ended.stdout], [code, ""], ended.stderr);
    assert(ended.stderr.includes(text), ended.stderr);
  });
}
