// Every message of a set, signed by us and verified by others and the other way round: programs of
// Debian and libraries of npm. A table at the end says who agreed with whom.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { countGood } from "./agreement.ts";
import { DISAGREEMENTS } from "./disagreements.ts";
import { DKIMPY, MAIL_DKIM } from "./driven.ts";
import { LIBDKIM } from "./libdkim.ts";
import { changeOneOctet, MESSAGES } from "./message.ts";
import { MAILAUTH, NODEMAILER } from "./npm.ts";
import { OPENDKIM, OPENDKIM_TESTMSG } from "./opendkim.ts";
import { FILTERS, LIBRARY } from "./ours.ts";
import type { Signer, Verifier, Way } from "./peer.ts";
import { addAgreement, addMissing, formatTable } from "./table.ts";

const PEERS = [
  MAIL_DKIM,
  DKIMPY,
  OPENDKIM,
  MAILAUTH,
  LIBDKIM,
  OPENDKIM_TESTMSG,
  NODEMAILER,
];

for (const { signer, verifier } of PEERS) {
  for (const ours of [LIBRARY, FILTERS]) {
    if (verifier) testPair(ours.signer, verifier, ours.signer, verifier);
    if (signer) testPair(signer, ours.verifier, ours.verifier, signer);
  }
}

/** One test for each kind of signature that both know. */
function testPair(
  signer: Signer,
  verifier: Verifier,
  ours: Signer | Verifier,
  peer: Signer | Verifier,
): void {
  const verified = verifier.ways.map(keyOf);
  const both = signer.ways.filter((way) => verified.includes(keyOf(way)));
  for (const [how, ways] of Map.groupBy(both, kindOf)) {
    const name =
      `\`${verifier.name}\` verifies what \`${signer.name}\` signs: ${how}`;
    const missing = signer.missing ?? verifier.missing;
    if (missing !== undefined) addMissing(peer.name, how, missing);
    Deno.test({
      name: missing === undefined ? name : `${name} (ignored: ${missing})`,
      ignore: missing !== undefined,
      async fn() {
        const { wrong, ...counts } = await countGood(signer, verifier, ways);
        addAgreement({ peer: peer.name, how, ours: ours.name, ...counts });
        assertEquals(wrong.slice(0, 20), [], `${wrong.length} are wrong`);
      },
    });
  }
}

function kindOf({ scheme, algorithm }: Way): string {
  return scheme === "dkim" ? `DKIM ${algorithm}` : "DomainKeys";
}

function keyOf({ scheme, algorithm, canonicalization }: Way): string {
  return `${scheme} ${algorithm} ${canonicalization}`;
}

Deno.test("the set has at least 60 messages, each of them once", () => {
  const names = new Set(MESSAGES.map(({ name }) => name));
  const texts = new Set(MESSAGES.map(({ text }) => text));
  assert(MESSAGES.length >= 60);
  assertEquals([names.size, texts.size], [MESSAGES.length, MESSAGES.length]);
});

Deno.test("`changeOneOctet()` changes one letter of each message", () => {
  for (const [n, message] of MESSAGES.entries()) {
    const changed = changeOneOctet(message, n);
    const places = Array.from(message.text, (_, at) => at)
      .filter((at) => message.text[at] !== changed[at]);
    assertEquals(
      [changed.length, places.length],
      [message.text.length, 1],
      message.name,
    );
    assertMatch(message.text[places[0]!]!, /[A-Za-z]/);
  }
});

Deno.test("every message that a disagreement names is in the set", () => {
  for (const { messages } of DISAGREEMENTS) {
    const names = MESSAGES.map(({ name }) => name);
    const missing = messages instanceof RegExp
      ? (names.some((name) => messages.test(name)) ? [] : [`${messages}`])
      : messages.filter((name) => !names.includes(name));
    assertEquals(missing, []);
  }
});

Deno.test.afterAll(() => console.log(formatTable()));
