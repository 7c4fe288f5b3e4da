// The verifying pass gives the letters that libdomainkeys 0.69 and libdkim 1.0.21 gave. Where they
// depart from the rules of this project, the row names the rule.

import { assertEquals } from "@std/assert";
import type { TxtAnswer } from "../../lib/ports/resolver.ts";
import type { Verification } from "../../lib/pass/verify_pass.ts";
import { toText } from "../../lib/message/octets.ts";
import { CRYPTOS } from "../support/cryptos.ts";
import { verify } from "../support/verifying.ts";
import { Zone } from "../support/zone.ts";
import dkimVectors from "../vectors/dkim_verify.json" with { type: "json" };
import dkVectors from "../vectors/dk_verify.json" with { type: "json" };

/** Rows that the libraries judged differently: the letter here, and the sentence that holds. */
const CORRECTIONS: Record<string, [letter: string, rule: string]> = {
  "DKIM h=md5": ["Q", "h=, s=, t=s enforced"],
  "DKIM no Subject in h (subject required default)": [
    "A",
    "Subject may be unsigned",
  ],
};

/** What stands for an outcome of DNS in place of a record. */
const OUTCOMES: Record<string, TxtAnswer> = {
  "TEMP": { outcome: "temporary", detail: "SERVFAIL" },
  "e=temp;": { outcome: "temporary", detail: "SERVFAIL" },
  "PERM": { outcome: "nxdomain" },
  "LONG": { outcome: "too long" },
};

type Vector = Pick<typeof dkVectors.cases[number], VectorKey>;
type VectorKey = "name" | "message_b64" | "key_txt";

for (const vector of dkVectors.cases) {
  testVector(
    `DomainKeys ${vector.name}`,
    vector,
    [vector.letter],
    ({ domainKeys }) => [domainKeys.letter],
  );
}

for (const vector of dkimVectors.cases) {
  testVector(
    `DKIM ${vector.name}`,
    vector,
    vector.letters,
    ({ signatures }) => signatures.map(({ letter }) => letter),
  );
}

Deno.test("each correction is of a row, and is one", () => {
  const rows = new Map<string, string>([
    ...dkVectors.cases.map((row): [string, string] => [
      `DomainKeys ${row.name}`,
      row.letter,
    ]),
    ...dkimVectors.cases.map((row): [string, string] => [
      `DKIM ${row.name}`,
      row.letters.join(),
    ]),
  ]);
  const isOne = Object.entries(CORRECTIONS).map(([name, [letter]]) =>
    rows.has(name) && rows.get(name) !== letter
  );
  assertEquals(isOne, [true, true]);
});

function testVector(
  name: string,
  { message_b64: base64, key_txt: record }: Vector,
  observed: string[],
  lettersOf: (verification: Verification) => string[],
): void {
  const [letter, rule] = CORRECTIONS[name] ?? [];
  const letters = letter === undefined ? observed : [letter];
  const why = rule === undefined ? "as observed" : `by its own rule: ${rule}`;
  for (const { name: by, crypto, ignore } of CRYPTOS) {
    Deno.test(`By ${by}, \`VerifyPass\` says ${letters} of ${name}, ${why}`, {
      ignore,
    }, async () => {
      const message = toText(Uint8Array.fromBase64(base64));
      const zone = new Zone({ "*": OUTCOMES[record] ?? record });
      assertEquals(lettersOf(await verify(message, { zone, crypto })), letters);
    });
  }
}
