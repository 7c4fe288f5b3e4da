// The tests of the letters of DKVERIFY: a message that leads to one is rejected with it, deferred with
// it in lower case, and with every other letter taken, with the result in its Authentication-Results
// field. Refuses to know why it leads there.

import { assert, assertEquals } from "@std/assert";
import type { Outcome } from "../../lib/pass/pass.ts";
import { DKIM_LETTERS, DOMAINKEYS_LETTERS } from "../../lib/policy/letters.ts";
import type { Zone } from "../../scripts/host/zone.ts";
import { judge } from "./inbound.ts";

/** A message, and what verifying says of it. */
export interface LetterRow {
  letter: string;
  /** What leads to it. */
  name: string;
  message: string;
  /** Default: the key of `default`, and no other name. */
  zone?: Zone;
  /** In the Authentication-Results field, as `fail (bad sig)`. */
  result: string;
  /** Where the log says something else than the letter. */
  logged?: string;
}

/** The schemes as their tests say them. */
export type Scheme = "DomainKeys" | "DKIM";

const STATUSES = { DomainKeys: DOMAINKEYS_LETTERS, DKIM: DKIM_LETTERS };

/** DKVERIFY with these letters of one scheme. */
function lettersOf(scheme: Scheme, letters: string): string {
  return scheme === "DomainKeys" ? `${letters},` : `,${letters}`;
}

/** Tests each row; the rows have to lead to every letter. */
export function testLetters(scheme: Scheme, rows: LetterRow[]): void {
  const all = Object.values(STATUSES[scheme]).map(({ letter }) => letter);
  Deno.test(`there is a message for each letter of ${scheme}`, () => {
    const reached = new Set(rows.map(({ letter }) => letter));
    assertEquals([...reached].sort(), all.toSorted());
  });
  for (const row of rows) {
    const { letter, name, result, logged } = row;
    Deno.test(`\`InboundPass\` refuses by ${scheme} letter ${letter} alone ${name}`, async () => {
      const others = all.filter((other) => other !== letter).join("");
      const most = others + others.toLowerCase();
      for (
        const [letters, action] of [
          [letter, "reject"],
          [letter.toLowerCase(), "defer"],
          [letter + letter.toLowerCase(), "reject"],
          [most, undefined],
          ["", undefined],
        ] as const
      ) {
        const outcome = await judge({
          ...row,
          letters: lettersOf(scheme, letters),
        });
        assertEquals(outcome.refusal?.action, action, letters);
        const notes = outcome.notes.map((note) => note.join("=")).join(" ");
        const said = logged ?? `${scheme.toLowerCase()}=\\w+ letter=${letter} `;
        assert(new RegExp(said).test(notes), notes);
        if (action === undefined) assertTold(outcome, scheme, result);
      }
    });
  }
}

function assertTold({ newFields }: Outcome, scheme: Scheme, result: string) {
  const start = `${scheme.toLowerCase()}=${result}`;
  const [, ...statements] = newFields.trimEnd().replaceAll("\n\t", " ").split(
    "; ",
  );
  const isTold = statements.some((text) =>
    text === start || text.startsWith(`${start} header.`)
  );
  assert(isTold, `no ${start} in ${newFields}`);
}
