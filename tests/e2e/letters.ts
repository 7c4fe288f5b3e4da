// The tests of one letter of DKVERIFY: a message that leads to it is rejected, deferred, or taken
// with the result in its Authentication-Results field. Refuses to know why it leads there.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Zone } from "../support/dns_server.ts";
import {
  assertLogged,
  assertNotQueued,
  Incoming,
  resultsOf,
  type Verifier,
  VERIFIERS,
  ZONE,
} from "./incoming.ts";
import { endToEnd } from "./requirements.ts";

/** A message that everybody signs. */
export const MAIL = "From: Ann <ann@example.com>\n" +
  "To: bob@example.net\n" +
  "Subject: the  first\n" +
  "\n" +
  "Hello  Bob\n";

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

const LETTERS = {
  DomainKeys: [..."ABCDEFGHIJKL"],
  DKIM: [..."ABCDEFGHIJKLMNOPQRS"],
};

/** DKVERIFY with these letters of one scheme, and all but the usual one of the other. */
export function lettersOf(scheme: Scheme, letters: string): string {
  return scheme === "DomainKeys" ? `${letters},` : `,${letters}`;
}

/** Tests each row with each program; the rows have to lead to every letter. */
export function testLetters(scheme: Scheme, rows: LetterRow[]): void {
  Deno.test(`there is a message for each letter of ${scheme}`, () => {
    const reached = new Set(rows.map(({ letter }) => letter));
    assertEquals([...reached].sort(), LETTERS[scheme]);
  });
  for (const program of VERIFIERS) {
    for (const row of rows) {
      endToEnd(
        `\`${program}\` exits 31 or 71 for ${scheme} letter ${row.letter}, ${row.name}`,
        async () => {
          await using host = await Incoming.open(row.zone ?? ZONE);
          await Promise.all([
            testRefused(host, program, scheme, row),
            testTaken(host, program, scheme, row),
          ]);
        },
      );
    }
  }
}

async function testRefused(
  host: Incoming,
  program: Verifier,
  scheme: Scheme,
  { letter, message, logged }: LetterRow,
): Promise<void> {
  const [rejected, deferred] = await Promise.all(
    [letter, letter.toLowerCase()].map((letters) =>
      host.run(program, {
        message,
        env: { DKVERIFY: lettersOf(scheme, letters) },
      })
    ),
  );
  assertNotQueued(rejected!, 31);
  assertLogged(rejected!, "rejected");
  assertNotQueued(deferred!, 71);
  assertLogged(deferred!, "deferred");
  for (const { stderr } of [rejected!, deferred!]) {
    assertMatch(
      stderr,
      new RegExp(logged ?? `${scheme.toLowerCase()}=\\w+ letter=${letter} `),
    );
  }
}

/** With every letter but this one, and with none. */
async function testTaken(
  host: Incoming,
  program: Verifier,
  scheme: Scheme,
  { letter, message, result }: LetterRow,
): Promise<void> {
  const others = LETTERS[scheme].filter((other) => other !== letter).join("");
  const all = lettersOf(scheme, others + others.toLowerCase());
  const start = `${scheme.toLowerCase()}=${result}`;
  for (const DKVERIFY of ["", all]) {
    const taken = await host.run(program, {
      message,
      env: { DKVERIFY },
    });
    const [authservId, ...results] = resultsOf(message, taken);
    assertEquals(authservId, "mx.example.net");
    const fits = results.some((text) =>
      text === start || text.startsWith(`${start} header.`)
    );
    assert(fits, `no ${start} in ${results.join("; ")}`);
  }
}
