// Fuzzing of the verifying pass and of the judging one: messages of a small alphabet, mutations of
// signed ones, with key records that are mutated too. Nothing throws, and 10 KB take no 50 ms.
// FUZZ_FULL=1 makes it ten times as much.

import { assert, assertMatch } from "@std/assert";
import { toOctets } from "../../lib/message/octets.ts";
import { InboundPass } from "../../lib/pass/inbound_pass.ts";
import { parseLetters } from "../../lib/policy/letters.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { Random } from "../support/random.ts";
import {
  ED25519,
  MemoryKeys,
  NOW,
  RSA_1024,
  sign,
} from "../support/signing.ts";
import { P, verify } from "../support/verifying.ts";
import { Zone } from "../support/zone.ts";

const ROUNDS = Deno.env.get("FUZZ_FULL") === "1" ? 20_000 : 2000;
const SEED = Number(Deno.env.get("DK_SEED") ?? 8601);
const LIMIT_MS = 50;
const OCTETS = 10_000;

const PLAIN =
  "Authentication-Results: mx.example.com; dkim=pass\nFrom: Ann <ann@example.com>\n" +
  "To: bob@example.net\nSubject: a\n b\n\nHello  Bob \n\n.\n";

/** Real messages: signed by both kinds of key, in each form. */
const SIGNED = await Promise.all(
  (["simple", "relaxed"] as const).map(async (form) => {
    const { newFields } = await sign(PLAIN, {
      keys: new MemoryKeys({
        "/k/example.com/default": RSA_1024,
        "/k/example.com/ed": ED25519,
      }),
      options: { extraPattern: "/k/%/ed" },
      dkim: {
        headerCanonicalization: form,
        bodyCanonicalization: form,
        bodyLength: true,
      },
      domainKeys: { canonicalization: form === "simple" ? form : "nofws" },
    });
    return newFields + PLAIN;
  }),
);
const CRLF = SIGNED.map((text) => text.replace(/\r?\n/g, "\r\n"));
const SEEDS = [...SIGNED, ...CRLF];

const ALPHABET = "abc:;= \t\r\n";
const NAMES = ["From:", "DKIM-Signature:", "DomainKey-Signature: ", "Sender:"];

/** What mutations put in. */
const PIECES = [
  ...'abc:;= \t\r\n@<>()[]",.\\/*',
  ..."\0\x07\x7f\x80\xa0\xff",
  ...NAMES.map((name) => `\n${name}`),
  "\n ",
  "\r\n\t",
  "\n\n",
  "b=",
  "bh=;",
  "l=1;",
  "x=1;",
  "i=@",
  "c=/",
  "h=from:",
  "==",
];

function mutate(random: Random, text: string): string {
  let mutant = text;
  for (let times = random.below(5); times > 0; times--) {
    const at = random.below(mutant.length + 1);
    const to = at + random.below(random.oneIn(4) ? 60 : 3);
    const piece = random.oneIn(8)
      ? mutant.slice(random.below(mutant.length + 1)).slice(0, 400)
      : random.text(PIECES, 0, 3);
    mutant = mutant.slice(0, at) + piece + mutant.slice(to);
  }
  return mutant;
}

function makeMessage(random: Random): string {
  if (random.oneIn(2)) return mutate(random, random.pick(SEEDS));
  const fields = Array.from(
    { length: random.below(4) },
    () => random.pick(NAMES) + random.text(ALPHABET, 0, 40) + "\n",
  );
  return fields.join("") + random.text(ALPHABET, 0, 40);
}

/** Key records, and now and then what DNS says in place of one. */
function makeZone(random: Random): Zone {
  const record = mutate(random, `v=DKIM1; k=rsa; h=sha256; g=*; t=y:s; ${P}`);
  if (!random.oneIn(8)) return new Zone({ "*": [record, P].slice(0, 1) });
  const entries = [
    { outcome: "nodata" },
    { outcome: "too long" },
    { outcome: "temporary", detail: record },
    [],
    [record, P, record],
  ] as const;
  const entry = random.pick(entries);
  return new Zone({ "*": "outcome" in entry ? entry : [...entry] });
}

/** Judges a message that comes in chunks. */
async function judge(
  random: Random,
  message: string,
  zone: Zone,
): Promise<string> {
  const pass = new InboundPass({
    authservId: "mx.example.com",
    letters: parseLetters(random.oneIn(4) ? "BDGbdfl,BDKPbdkp" : ""),
    isLocal: random.oneIn(4),
  }, { crypto: systemCrypto, resolver: zone, now: NOW });
  const octets = toOctets(message);
  const cut = random.below(octets.length + 1);
  for (const chunk of [octets.slice(0, cut), octets.slice(cut)]) {
    pass.filter(chunk);
    pass.push(chunk);
    chunk.fill(0xa5);
  }
  const { newFields, refusal } = await pass.end(
    Promise.resolve(random.oneIn(2) ? "" : "a@example.com"),
  );
  assert(newFields === "" || refusal === undefined);
  return newFields;
}

/** Names both, for it to be run again. */
async function tell(
  note: string,
  message: string,
  run: () => Promise<unknown>,
): Promise<void> {
  try {
    await run();
  } catch (cause) {
    const text = JSON.stringify(message.slice(0, 4000));
    throw new Error(`${note}: ${text}`, { cause });
  }
}

Deno.test(`\`VerifyPass\` and \`InboundPass\` throw for none of ${ROUNDS} messages`, async () => {
  const random = new Random(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const message = makeMessage(random);
    const zone = makeZone(random);
    await tell(`DK_SEED=${SEED}, round ${round}`, message, async () => {
      const { dkim, domainKeys } = await verify(message, { zone });
      assertMatch(domainKeys.letter + dkim.letter, /^[A-L][A-S]$/);
      const newFields = await judge(random, message, zone);
      assertMatch(
        newFields,
        /^(Authentication-Results: [ -~]+\n(\t[ -~]+\n)*)?$/,
      );
    });
  }
});

/** What a message may be made of from end to end. */
const UNITS = [
  ...'()"\\<>[]@,.;:= \t\ra\n\0\xff',
  ...NAMES.flatMap((name) => [`${name}\n`, `${name}a@b\n`]),
  "Authentication-Results:\n",
  "Authentication-Results: mx.example.com\n",
  "Authentication-Results: (\n (",
  "DKIM-Signature: v=1; a=rsa-sha256; d=a; s=a; h=From; bh=AA==; b=AA==\n",
  "\n ",
  "\r\n",
  "a:\n",
  " \n",
  "a=;",
  "a=b; ",
  "From:",
  "a@b,",
  "<a@b>,",
  '"" ',
  "() ",
  "a.",
];

/** Each unit over and over, alone and inside of a signed message. */
function* monotonousMessages(): Generator<string> {
  for (const unit of UNITS) {
    const run = unit.repeat(OCTETS / unit.length);
    yield run;
    for (const seed of SIGNED) {
      const places = [0, "DKIM-Signature:", "; h=", "; bh=", "From: ", "To:"];
      for (const place of places) {
        const at = typeof place === "string"
          ? seed.indexOf(place) + place.length
          : place;
        yield seed.slice(0, at) + run + seed.slice(at);
      }
    }
  }
}

Deno.test(`\`VerifyPass\` and \`InboundPass\` take less than ${LIMIT_MS} ms for 10 KB of anything`, async () => {
  const random = new Random(SEED);
  const zone = new Zone({ "*": P });
  for (const message of monotonousMessages()) {
    const runs = {
      VerifyPass: () => verify(message, { zone }),
      InboundPass: () => judge(random, message, zone),
    };
    for (const [name, run] of Object.entries(runs)) {
      // The fastest of a few: the machine does other things too.
      let fastestMs = Infinity;
      for (let times = 0; times < 4 && fastestMs >= LIMIT_MS; times++) {
        const startMs = performance.now();
        await tell(name, message, run);
        fastestMs = Math.min(fastestMs, performance.now() - startMs);
      }
      const text = JSON.stringify(message.slice(0, 200));
      assert(fastestMs < LIMIT_MS, `${name} takes ${fastestMs} ms for ${text}`);
    }
  }
});
