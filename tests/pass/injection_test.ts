// Nothing that a sender or a DNS server writes gets into the Authentication-Results field, the log
// or the text for the SMTP client but by the grammar: each is held against it.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { signDkim, signDomainKeys, type Tags } from "../support/verifying.ts";
import type { Zone } from "../../scripts/host/zone.ts";
import { HOST, judge, ZONE } from "../support/inbound.ts";
import { splitResults } from "../support/split_results.ts";
import { MAIL, recordOf } from "../support/signed_mail.ts";

/** What a value may not be able to say outside of quotes. */
const MARK = "evil.example";

/** Values that try to end what they stand in, and to say more. */
const NASTY = {
  "a line feed": `x\n${MARK}: y`,
  "a folded line feed": `x\n ${MARK}: y`,
  "a carriage return": `x\r${MARK}: y`,
  "CR LF": `x\r\n${MARK}: y`,
  "a semicolon": `x; dkim=pass header.d=${MARK}`,
  "quotes": `x" header.d="${MARK}`,
  "a backslash": `x\\" header.d=${MARK} "\\`,
  "an equals sign": `x=pass header.d=${MARK}`,
  "a space": `x header.d=${MARK}`,
  "comments": `x) dkim=pass (${MARK}`,
  "a NUL": `x\0${MARK}`,
  "other control characters": `x\x07\x1b[2J\x7f${MARK}`,
  "8-bit octets": `x\x80\x9b\xe4\xff${MARK}`,
  "UTF-8": "x\xc3\xa4\xe2\x80\xa8" + MARK,
  "10 KB": `${"x".repeat(10_000)}.${MARK}`,
  "10 KB of labels": `${"x.".repeat(5000)}${MARK}`,
  "10 KB of quotes": '"'.repeat(10_000) + MARK,
};

/** The text of DKVERIFY that refuses everything with a text. */
const ALL = "BCDEFGHIJKL,BCDEFGHIJKLMNOPQRS";
const TEXT =
  /^D(DomainKeys|DomainKeys Identified Mail \(DKIM\)) permanently rejected message \(#5\.3\.0\): [ -~]{1,180} \(letter [A-S]\)$/;

/** `program: what was done`, then pairs; a value with spaces is quoted, and holds no quote. */
const LOG =
  /^dk-verify: (verified|rejected)( [a-z_]+=([!#-[\]-~]|\\x[0-9a-f]{2})+| [a-z_]+="([ !#-[\]-~]|\\x[0-9a-f]{2})+")+\n$/;

function assertClean(log: string): void {
  assertMatch(log, LOG);
  const unquoted = log.replace(/"[^"]*"/g, "");
  for (const [, key, value] of unquoted.matchAll(/ ([a-z_]+)=(\S*)/g)) {
    assert(key === "d" || !value!.startsWith(MARK), log);
  }
}

/**
 * Takes a message in twice: the second time it is refused with a text, if anything is wrong.
 *
 * @returns What the field says.
 */
async function send(zone: Zone, message: string): Promise<string[]> {
  const taken = await judge({ zone, message });
  const refused = await judge({ zone, message, letters: ALL });
  assertClean(taken.log);
  assertClean(refused.log);
  if (refused.refusal !== undefined) {
    assertEquals(refused.action, "rejected");
    assertMatch(refused.refusal.text, TEXT);
  }
  assertEquals([taken.action, taken.goesOn], ["verified", message]);
  const results = splitResults(taken.newFields);
  assertEquals(results[0], HOST);
  for (const statement of results) {
    const outside = statement.replace(/"([^"\\]|\\.)*"/g, '""');
    assert(!/ header\.(d|from)=evil\.example/.test(outside), statement);
  }
  return results;
}

/** Bad values are put in later, into both signatures: signed with a good one. */
function withTag(message: string, tag: string, value: string): string {
  const pattern = new RegExp(`\\b${tag}=[^;\\n]*`, "g");
  return message.replace(pattern, () => `${tag}=${value}`);
}

const TAGS = ["v", "a", "c", "d", "s", "i", "q", "h", "bh", "b", "t", "x", "l"];
const EVERY: Tags = {
  i: "ann@example.com",
  q: "dns/txt",
  t: "1700000000",
  x: "4000000000",
  l: "10",
};

const SIGNED = signDkim(signDomainKeys(MAIL), EVERY);

for (const [name, value] of Object.entries(NASTY)) {
  Deno.test(`verifying writes nothing of tags that hold ${name}`, async () => {
    await Promise.all(
      TAGS.map((tag) => send(ZONE, withTag(SIGNED, tag, value))),
    );
  });

  Deno.test(
    `verifying writes nothing of a From that holds ${name}`,
    async () => {
      const froms = [
        `From: ${value} <ann@example.com>`,
        `From: "${value}" <ann@example.com>`,
        `From: ${value}@example.com`,
        `From: "${value}"@example.com`,
        `From: ann@${value}`,
        `From: <ann@[${value}]>`,
        `From: ann@example.com (${value})`,
        `Sender: ann@${value}\nFrom: ann@example.com`,
      ];
      await Promise.all(froms.map(async (from) => {
        const message = MAIL.replace("From: Ann <ann@example.com>", () => from);
        await send(ZONE, signDkim(signDomainKeys(message)));
      }));
    },
  );

  Deno.test(
    `verifying writes nothing of a key record that holds ${name}`,
    async () => {
      const records = [
        value,
        `v=DKIM1; ${value}`,
        `v=${value}; ${recordOf()}`,
        recordOf(`n=${value}; `),
        recordOf(`g=${value}; `),
        recordOf(`h=${value}; `),
        recordOf(`s=${value}; `),
        recordOf(`t=${value}; `),
        `v=DKIM1; k=${value}; p=AAAA`,
        `v=DKIM1; p=${value}`,
      ];
      const message = signDkim(signDomainKeys(MAIL));
      await Promise.all(
        records.map((record) =>
          send({ "default._domainkey.example.com": [record] }, message)
        ),
      );
    },
  );
}

Deno.test("verifying writes a domain literal in quotes", async () => {
  const message = signDomainKeys(
    MAIL.replace("example.com", '[a;dkim=pass "b" (c)]'),
  );
  const [, domainKeys] = await send(ZONE, message);
  assertEquals(
    domainKeys,
    'domainkeys=neutral (bad format) header.from="[a;dkim=pass \\"b\\" (c)]"',
  );
});

Deno.test("verifying logs nothing of what DNS says of its trouble", async () => {
  const message = signDkim(MAIL);
  const zone: Zone = {
    "default._domainkey.example.com": { error: "servfail" },
  };
  await send(zone, message);
});
