// The tests of the letters of DKVERIFY: a message that leads to one is rejected with it, deferred with
// it in lower case, and with every other letter taken, with the result in its Authentication-Results
// field. Refuses to know why it leads there.

import { assert, assertEquals } from "@std/assert";
import { toOctets } from "../../lib/message/octets.ts";
import { InboundPass } from "../../lib/pass/inbound_pass.ts";
import type { Outcome } from "../../lib/pass/pass.ts";
import type { Resolver } from "../../lib/ports/resolver.ts";
import {
  DKIM_LETTERS,
  DOMAINKEYS_LETTERS,
  parseLetters,
} from "../../lib/policy/letters.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { formatQuery } from "../../lib/dns/message.ts";
import type { Zone } from "../../scripts/host/dns_server.ts";
import { NOW } from "../support/signing.ts";
import { recordOf } from "../support/signed_mail.ts";

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
        const outcome = await judge(row, lettersOf(scheme, letters));
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

async function judge(
  { message, zone = { "default._domainkey.example.com": [recordOf()] } }:
    LetterRow,
  letters: string,
): Promise<Outcome> {
  const pass = new InboundPass({
    authservId: "mx.example.net",
    letters: parseLetters(letters),
    isLocal: false,
  }, { crypto: systemCrypto, resolver: resolverOf(zone), now: NOW });
  const octets = toOctets(message);
  pass.filter(octets);
  pass.push(octets);
  return await pass.end(Promise.resolve("ann@example.com"));
}

/** What a server with this zone would say, without the server. */
function resolverOf(zone: Zone): Resolver {
  return {
    txt(name) {
      const entry = zone[name.toLowerCase()];
      if (formatQuery(0, name) === undefined) {
        return Promise.resolve({ outcome: "too long" });
      }
      if (Array.isArray(entry)) {
        return Promise.resolve({ outcome: "records", records: entry });
      }
      const { error } = { error: "nxdomain", ...entry };
      return Promise.resolve(
        error === "nxdomain" || error === "nodata"
          ? { outcome: error }
          : { outcome: "temporary", detail: error },
      );
    },
  };
}
