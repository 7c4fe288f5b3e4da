// `dktest -v --ip` as a process: what SPF, DMARC and ARC say of a message, and how they came to it.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import { sealByHand, sealTimes } from "../support/arc_sets.ts";
import { dktest } from "../support/dktest.ts";
import type { Ended } from "../support/ended.ts";
import { NOW } from "../support/signing.ts";
import { MESSAGE, PEM, publicKeyOf } from "../support/verifying.ts";

const PLAIN = "From: Alice <alice@mail.example.com>\n\nHello.\n";
const ZONE = {
  "example.com": {
    TXT: ["v=spf1 mx include:spf.example.net -all"],
    MX: [[10, "mx.example.com."]],
  },
  "mx.example.com": { A: ["192.0.2.9"], error: "servfail" },
  "spf.example.net": ["v=spf1 ip4:192.0.2.0/24 -all"],
  "_dmarc.example.com": ["v=DMARC1; p=reject"],
  "alias.example.com": { CNAME: ["mx.example.com"] },
  "none.example": ["v=spf1 a:alias.example.com exp=why.none.example -all"],
  "why.none.example": ["%{i} may not send"],
  "default._domainkey.example.com": [`v=DKIM1; p=${publicKeyOf(PEM)}`],
};
const ALICE = ["--sender", "alice@example.com"];

/** Verifies a message as one of a client, with the answers of a zone. */
async function verify(
  stdin: string,
  args: string[],
  zone: unknown = ZONE,
): Promise<Ended> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, JSON.stringify(zone));
    const now = ["--now", String(NOW)];
    const host = ["--authserv-id", "mx.example.net"];
    return await dktest(["-v", "--zone", file, ...now, ...host, ...args], {
      stdin,
    });
  } finally {
    await Deno.remove(file);
  }
}

/** What follows `"spf":` and its neighbours in the JSON. */
async function verdicts(stdin: string, args: string[], zone?: unknown) {
  const { stdout, stderr } = await verify(stdin, ["--json", ...args], zone);
  assertEquals(stderr, "");
  return JSON.parse(stdout);
}

Deno.test("`dktest -v --ip` shows each SPF term with its questions, and the names of the tree walk", async () => {
  const { stdout } = await verify(PLAIN, ["--ip", "192.0.2.1", ...ALICE]);
  const table = stdout.replace(/ +/g, " ");
  // RFC 7208 sections 4.6.2 and 5.2: terms from left to right, an include by its own record.
  const spf = [
    " SPF mailfrom example.com",
    " result pass (include:spf.example.net)",
    " letter A",
    " term include:spf.example.net",
    " counted 2 of 10 terms that ask DNS, 0 of 2 void answers",
    ' asked TXT example.com: "v=spf1 mx include:spf.example.net -all"',
    " asked MX example.com: 10 mx.example.com",
    " asked A mx.example.com: 192.0.2.9",
    " tried mx of example.com: no match",
    ' asked TXT spf.example.net: "v=spf1 ip4:192.0.2.0/24 -all"',
    " tried ip4:192.0.2.0/24 of spf.example.net: match",
    " tried include:spf.example.net of example.com: match",
    "",
  ].join("\n");
  assert(table.includes(spf), table);
  // RFC 9989 section 4.10: from the author's domain up to a single label.
  const dmarc = [
    " DMARC mail.example.com",
    " result pass (p=reject)",
    " letter A, mail of mail.example.com",
    " aligned spf example.com",
    " record of example.com",
    " organized example.com",
    " asked TXT _dmarc.mail.example.com: nxdomain",
    ' asked TXT _dmarc.example.com: "v=DMARC1; p=reject"',
    " asked TXT _dmarc.com: nxdomain",
    "",
  ].join("\n");
  assert(table.includes(dmarc), table);
  assert(table.includes(" ARC no chain\n result none (no ARC set)\n"), table);
  assertMatch(
    stdout,
    /\n {2}spf=pass .*smtp\.mailfrom=example\.com;\n {2}dmarc=pass .*;\n {2}arc=none .*\n$/,
  );
});

Deno.test("`dktest -v --ip` asks for the domain's explanation of a failure", async () => {
  const args = ["--ip", "192.0.2.8", "--sender", "bob@none.example"];
  const { spf, dmarc } = await verdicts(PLAIN, args);
  assertEquals(
    [spf.result, spf.letter, spf.term, spf.explanation],
    ["fail", "B", "-all", "192.0.2.8 may not send"],
  );
  assertEquals(
    [dmarc.result, dmarc.letter, dmarc.policy, dmarc.policyDomain],
    ["fail", "B", "reject", "example.com"],
  );
});

Deno.test("`dktest -v --ip` follows a CNAME of the zone", async () => {
  const args = ["--ip", "192.0.2.9", "--sender", "bob@none.example"];
  const { spf } = await verdicts(PLAIN, args);
  assertEquals([spf.result, spf.term], ["pass", "a:alias.example.com"]);
});

Deno.test("`dktest -v --ip` lets the other types of a name fail that has an error beside its records", async () => {
  const args = ["--ip", "2001:db8::1", ...ALICE];
  const { spf } = await verdicts(PLAIN, args);
  assertEquals(
    [spf.result, spf.detail],
    ["temperror", "AAAA of mx.example.com: servfail"],
  );
});

Deno.test("`dktest -v --ip` checks HELO for the null sender", async () => {
  const args = ["--ip", "192.0.2.9", "--helo", "example.com"];
  const { spf } = await verdicts(PLAIN, args);
  assertEquals(
    [spf.result, spf.identity, spf.domain],
    ["pass", "helo", "example.com"],
  );
});

Deno.test("`dktest -v --ip` shows each set of a good chain", async () => {
  const { stdout } = await verify(sealTimes(2), ["--ip", "192.0.2.1"]);
  const table = stdout.replace(/ +/g, " ");
  const set = (instance: number, chainState: string) =>
    [
      ` i=${instance} d=example.com s=default cv=${chainState}`,
      " seal: pass, key at default._domainkey.example.com",
      " message signature: pass",
      " mx.example.com; spf=pass",
      "",
    ].join("\n");
  const arc = [
    " ARC 2 sets\n result pass (i=2 example.com)\n oldest pass 0\n",
    set(2, "pass"),
    set(1, "none"),
  ].join("");
  assert(table.includes(arc), table);
});

// RFC 8617 section 5.2: the newest message signature, then the seals from the newest one down.
const CHAINS: Record<
  string,
  [message: string, [seal: string, messageSignature: string][]]
> = {
  "a body that changed after set 2": [
    `${sealTimes(2)}more\n`,
    [["not looked at", "fail"], ["not looked at", "not looked at"]],
  ],
  "a bad seal of set 1": [
    sealByHand(sealByHand(MESSAGE, { seal: { b: "YQ==" } })),
    [["pass", "pass"], ["fail", "not looked at"]],
  ],
  "a body that changed between set 1 and set 2": [
    sealByHand(`${sealByHand(MESSAGE)}more\n`),
    [["pass", "pass"], ["pass", "fail"]],
  ],
};
for (const [name, [message, expected]] of Object.entries(CHAINS)) {
  Deno.test(`\`dktest -v --ip\` says which link of a chain is at fault: ${name}`, async () => {
    const { arc } = await verdicts(message, ["--ip", "192.0.2.1"]);
    assertEquals(
      arc.sets.map((
        { seal, messageSignature }: { seal: string; messageSignature: string },
      ) => [seal, messageSignature]),
      expected,
    );
  });
}

Deno.test("`dktest -v --ip` excuses by the sealers of ARCTRUST alone", async () => {
  const author = /@([^\s>]+)/.exec(MESSAGE)?.[1];
  const message = sealByHand(MESSAGE, {
    results: `mx.example.com; dmarc=pass header.from=${author}`,
  });
  const zone = { ...ZONE, [`_dmarc.${author}`]: ["v=DMARC1; p=reject"] };
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(file, JSON.stringify(zone));
  const args = ["-v", "--json", "--zone", file, "--now", String(NOW)];
  const letters: string[] = [];
  for (const ARCTRUST of ["example.com", "example.net"]) {
    const { stdout } = await dktest([...args, "--ip", "198.51.100.1"], {
      stdin: message,
      env: { ARCTRUST },
    });
    letters.push(JSON.parse(stdout).dmarc.letter);
  }
  await Deno.remove(file);
  assertEquals(letters, ["H", "B"]);
});

Deno.test("`dktest -v --ip` asks DNS each question once", async () => {
  await using server = startDnsServer({
    "example.com": ["v=spf1 ip4:192.0.2.1 -all"],
    "_dmarc.example.com": ["v=DMARC1; p=none"],
  });
  const { stdout } = await dktest(
    ["-v", "--json", "--ip", "192.0.2.1", ...ALICE],
    {
      stdin: "From: alice@example.com\n\n",
      env: { DNSCACHEIP: server.address },
    },
  );
  assertEquals(JSON.parse(stdout).dmarc.result, "pass");
  assertEquals(server.questions.length, 2);
});

Deno.test("`dktest -v --ip` shows nothing of a record as it came", async () => {
  const zone = { "example.com": ["v=spf1 \x1b[2J -all", "v=spf1 é"] };
  for (const args of [[], ["--json"]]) {
    const { stdout } = await verify(
      PLAIN,
      [...args, "--ip", "192.0.2.1", ...ALICE, "--helo", "\x1b[31m"],
      zone,
    );
    assertMatch(stdout, /^[\x20-\x7e\n]+$/);
    assertMatch(stdout, /(?:\\x1b|\\u001b)\[2J/);
  }
});

const ENTRIES: Record<string, unknown> = {
  "an address of the other family": { A: ["2001:db8::1"] },
  "an MX record without a preference": { MX: ["mx.example.com"] },
  "an unknown type": { SPF: ["v=spf1 -all"] },
  "an unknown error": { error: "later" },
  "nothing": {},
  "a text": "v=spf1 -all",
};
for (const [name, entry] of Object.entries(ENTRIES)) {
  Deno.test(`\`dktest -v --zone\` refuses ${name}`, async () => {
    const { code, stdout, stderr } = await verify(PLAIN, [], { "b.c": entry });
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, /^dktest: Cannot use the zone's entry for "b\.c": /);
  });
}

for (
  const [args, text] of [
    [["--sender", "a@b.c"], "Cannot use --sender without --ip"],
    [["--helo", "b.c"], "Cannot use --helo without --ip"],
    [["--ip", "192.0.2"], 'Cannot use the address "192.0.2": '],
  ] as const
) {
  Deno.test(`\`dktest -v ${args.join(" ")}\` is refused`, async () => {
    const { code, stderr } = await dktest(["-v", ...args]);
    assertEquals(code, 2);
    assert(stderr.startsWith(`dktest: ${text}`), stderr);
  });
}
