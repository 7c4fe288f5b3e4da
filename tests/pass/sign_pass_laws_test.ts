// The laws for the whole signing pass: any split, any line ends, the RFCs' prose, bounded state.

import { assert, assertEquals } from "@std/assert";
import { toOctets, toText } from "../../lib/message/octets.ts";
import type { Outcome } from "../../lib/pass/pass.ts";
import type { Crypto, Digest } from "../../lib/ports/crypto.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import type { Sink } from "../../lib/message/stage.ts";
import {
  assertSameForEveryLineEnd,
  assertSameForEverySplit,
  flood,
} from "../support/laws.ts";
import { Random } from "../support/random.ts";
import * as reference from "../support/reference.ts";
import {
  fieldsOf,
  linesOf,
  type ReferenceField,
} from "../support/reference.ts";
import {
  echoCrypto,
  ED25519,
  makeSignPass,
  MemoryKeys,
  RSA_1024,
  sign,
  signaturesIn,
} from "../support/signing.ts";

const MESSAGES = [
  "From:a@b.c\r\nX : y\n\t z\r\n\r\na \t\r\n\r\n \r\nb\rc\n\n",
  "junk\nfrom: a@b.c\nTo:\n\n\n a\n",
  "From: a@b.c\n",
  "From: a@b.c",
  "To: nobody\n\nunsigned\n",
];

const KEYS = new MemoryKeys({
  "/k/b.c/default": RSA_1024,
  "/e/b.c/e": ED25519,
});

/** The canonicalizations, so that each body is hashed in each way. */
const WAYS = [
  { dkim: "relaxed", domainKeys: "nofws" },
  { dkim: "simple", domainKeys: "simple" },
] as const;

for (const way of WAYS) {
  const signing = {
    keys: KEYS,
    options: { extraPattern: "/e/%/e" },
    dkim: {
      headerCanonicalization: way.dkim,
      bodyCanonicalization: way.dkim,
      bodyLength: true,
    },
    domainKeys: { canonicalization: way.domainKeys },
  };
  const name = `${way.dkim} and ${way.domainKeys}`;

  Deno.test(`\`SignPass\` with ${name} hashes the same for every split`, async () => {
    for (const message of MESSAGES) {
      await assertSameForEverySplit(
        message,
        async (chunks) =>
          outcomeText(await sign(chunks, { ...signing, crypto: echoCrypto })),
      );
    }
  });

  Deno.test(`\`SignPass\` with ${name} signs the same for every split into two`, async () => {
    await assertSameForEverySplit(
      MESSAGES[0]!,
      async (chunks) => outcomeText(await sign(chunks, signing)),
      2,
    );
  });

  Deno.test(`\`SignPass\` with ${name} signs the same for LF and CRLF`, async () => {
    for (const message of MESSAGES) {
      const text = message.replaceAll(/\r(?!\n)/g, "");
      await assertSameForEveryLineEnd(
        text,
        async (spelling) => outcomeText(await sign(spelling, signing)),
      );
    }
  });

  Deno.test(`\`SignPass\` with ${name} hashes what the RFCs say, written down`, async () => {
    const random = new Random(50);
    for (let round = 0; round < 3000; round++) {
      const message = makeMessage(random);
      const cut = random.below(message.length + 1);
      const chunks = [message.slice(0, cut), message.slice(cut)].map(toOctets);
      const { newFields } = await sign(chunks, {
        ...signing,
        crypto: echoCrypto,
      });
      const note = `seed ${random.seed}, round ${round}: ${
        JSON.stringify(message)
      }`;
      const own = fieldsOf(linesOf(newFields));
      assertEquals(own.length, 3, note);
      for (const [n, { b, bh, l }] of signaturesIn(newFields).entries()) {
        const expected = referenceOf(message, own[n]!, way);
        assertEquals(decode(b!), expected.signed, note);
        if (own[n]!.name === "DomainKey-Signature") continue;
        assertEquals(decode(bh!), expected.body, note);
        assertEquals(l, `${expected.body.length}`, note);
      }
    }
  });
}

const BEGINNING = "From:a@b.c\n\n";
const MIB = 1 << 20;

/** What is pushed over and over after a beginning, and the octets of the body that both hashes get by then. */
const FLOODS: Record<string, [beginning: string, unit: string, number]> = {
  "line breaks": [BEGINNING, "\n", 0],
  "spaces": [BEGINNING, " ", 0],
  "one endless line": [BEGINNING, "a", 2 * 16 * MIB + "\r\n".length],
  "header": ["", "a: b\n\tc\n", 0],
  "one endless header field": ["", "a", 0],
};

for (const [name, [beginning, unit, octets]] of Object.entries(FLOODS)) {
  Deno.test(`\`SignPass\` stays small on 16 MiB of ${name}`, async () => {
    let outcome: Promise<Outcome> | undefined;
    const { pushed } = flood((sink) => {
      const pass = makeSignPass({ keys: KEYS, crypto: sinkCrypto(sink) });
      pass.push(toOctets(beginning));
      return {
        push: (chunk) => pass.push(chunk),
        end: () => outcome = pass.end(),
      };
    }, unit);
    const header = beginning === "" ? 0 : "From:a@b.c\r\n".length;
    assertEquals(pushed.octets, header + octets);
    assert(pushed.runs <= 2 * 2 * 256 + 4, `${pushed.runs} runs`);
    assert(pushed.retainedBytes < 4 * MIB, `${pushed.retainedBytes} kept`);
    const { action } = (await outcome)!;
    assertEquals(action, beginning === "" ? "unsigned" : "signed");
  });
}

/** Whose digests keep nothing. */
function sinkCrypto(sink: Sink): Crypto {
  const digest = (): Digest => ({
    push: sink,
    end: () => Promise.resolve(Uint8Array.of(0)),
  });
  return { ...systemCrypto, hash: digest, signer: digest };
}

function outcomeText(outcome: Outcome): string {
  return JSON.stringify(outcome);
}

function decode(base64: string): string {
  return toText(Uint8Array.fromBase64(base64));
}

const HEADER_PIECES = [
  "To:a\n",
  "to : b\r\n",
  "Cc:\n\t c\n",
  "X-Y:  d \n",
  "junk\n",
  " (e)\r\n",
  "Subject:\r\n",
  "List-;:f\n",
  "List-G:\rg\n",
];

function makeMessage(random: Random): string {
  return [
    random.text(HEADER_PIECES, 0, 4),
    "From:a@b.c\n",
    random.text(HEADER_PIECES, 0, 4),
    random.oneIn(8)
      ? ""
      : random.pick(["\n", "\r\n"]) + random.text("ab: \t\r\n\n", 0, 12),
  ].join("");
}

/** What a signature signs, and the body that it hashes, by the RFCs and the names in its h=. */
function referenceOf(
  message: string,
  own: ReferenceField,
  way: typeof WAYS[number],
): { signed: string; body: string } {
  const { header, body } = reference.partsOf(message);
  const fields = fieldsOf(header);
  const raw = own.lines.join("");
  const names = /[;\t ]h=([^;]*);/.exec(raw)![1]!.replaceAll("\t", "").split(
    ":",
  );
  if (own.name === "DomainKey-Signature") {
    const [field, wholeBody] = way.domainKeys === "simple"
      ? [reference.simpleField, reference.domainKeysSimpleBody(body)]
      : [reference.nofwsField, reference.domainKeysNofwsBody(body)];
    const signed = reference.domainKeysHeader(fields, names, field) + wholeBody;
    return { signed, body: wholeBody };
  }
  const [field, wholeBody] = way.dkim === "simple"
    ? [reference.simpleField, reference.dkimSimpleBody(body)]
    : [reference.relaxedField, reference.dkimRelaxedBody(body)];
  // What stands after the last "b=" that follows a semicolon is its value.
  const text = own.lines.join("\n").replace(/([;\s]\s*b=)[^;]*$/, "$1");
  const unsigned = field({ name: own.name, lines: text.split("\n") });
  const signed = reference.dkimHeader(fields, names, field) +
    unsigned.slice(0, -2);
  return { signed, body: wholeBody };
}
