// One signer and one verifier over all messages: what the one signs the other verifies, and no
// longer when one octet is changed.

import { assert, assertEquals } from "@std/assert";
import { findDisagreement } from "./disagreements.ts";
import { changeOneOctet, MESSAGES, spell, type Spelling } from "./message.ts";
import type { Signed, Signer, Verifier, Way } from "./peer.ts";

/** How many messages, in each canonicalization and each spelling. */
export interface Counts {
  count: number;
  /** Signed by the one, good to the other. */
  good: number;
  /** Of the good ones, how many are no longer good with one octet changed. */
  refused: number;
  /** Messages that should have been good, or should not. */
  wrong: string[];
}

/** Signs and verifies every message. */
export async function countGood(
  signer: Signer,
  verifier: Verifier,
  ways: Way[],
): Promise<Counts> {
  const counts: Counts = { count: 0, good: 0, refused: 0, wrong: [] };
  const { spellings } = verifier;
  // Who verifies in one spelling gets what was signed in one: these are processes, one a message.
  const given = signer.spellings.slice(0, spellings.length);
  for (const way of ways) {
    for (const from of given) {
      const signed = await signAll(signer, way, from);
      for (const to of spellings) {
        const good = signed.map((one) => respell(one, to));
        const changed = signed.map((one, n) => respell(change(one, n), to));
        const said = await verifyAll(verifier, [...good, ...changed], way);
        const where =
          `${way.canonicalization}, signed in ${from}, verified in ${to}`;
        for (const [n, { name }] of MESSAGES.entries()) {
          counts.count++;
          const isKnown =
            findDisagreement(signer, verifier, way, name) !== undefined;
          const isGood = said[n] === "pass";
          if (isGood === isKnown) {
            counts.wrong.push(`"${name}" (${where}): ${said[n]}`);
          }
          if (!isGood) continue;
          counts.good++;
          const isRefused = said[MESSAGES.length + n] !== "pass";
          if (isRefused) counts.refused++;
          else {counts.wrong.push(
              `"${name}" with an octet changed (${where}): pass`,
            );}
        }
      }
    }
  }
  return counts;
}

const known = new Map<string, Promise<Signed[]>>();

/** Each signs each message once, whoever verifies it. */
function signAll(
  signer: Signer,
  way: Way,
  spelling: Spelling,
): Promise<Signed[]> {
  const key = `${signer.name} ${spelling} ${JSON.stringify(way)}`;
  const signed = known.get(key) ??
    signer.sign(MESSAGES.map(({ text }) => spell(text, spelling)), way);
  known.set(key, signed);
  return signed;
}

/** What could not be signed is not verified, and says why. */
async function verifyAll(
  verifier: Verifier,
  messages: Signed[],
  way: Way,
): Promise<string[]> {
  const there = messages.flatMap((one) => "signed" in one ? [one.signed] : []);
  const said = await verifier.verify(there, way);
  assertEquals(said.length, there.length);
  const answers = said.values();
  return messages.map((one) =>
    "signed" in one ? answers.next().value! : one.error
  );
}

/** Changes what was signed, not the signature. */
function change(one: Signed, n: number): Signed {
  if (!("signed" in one)) return one;
  const message = MESSAGES[n]!;
  const text = spell(one.signed, "LF");
  assert(text.endsWith(message.text), `"${message.name}" has been changed`);
  const fields = text.slice(0, text.length - message.text.length);
  return { signed: fields + changeOneOctet(message, n) };
}

/** As it is in a queue, or on the wire. */
function respell(one: Signed, spelling: Spelling): Signed {
  return "signed" in one ? { signed: spell(one.signed, spelling) } : one;
}
