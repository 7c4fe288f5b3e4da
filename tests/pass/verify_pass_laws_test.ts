// The laws for the whole verifying pass: any split and any line ends give the same verification.

import { assert, assertEquals } from "@std/assert";
import {
  assertSameForEveryLineEnd,
  assertSameForEverySplit,
} from "../support/laws.ts";
import { Random } from "../support/random.ts";
import {
  ED25519_PEM,
  MESSAGE,
  P,
  publicKeyOf,
  signDkim,
  signDomainKeys,
  verify,
} from "../support/verifying.ts";
import { Zone } from "../support/zone.ts";

const UNSIGNED = "From:a@example.com\nX: y\n\t z\n\na \t\nb\rc\n\n \n\nd\n\n\n";

const simple = { c: "simple/simple", h: "From:X" };
const ED25519 = { a: "ed25519-sha256", s: "ed", h: "From:X" };

/** Messages, and the letters of DomainKeys and of each DKIM signature. */
const MESSAGES: Record<string, [message: string, letters: string]> = {
  "good signatures, simple": [
    signDkim(signDomainKeys(UNSIGNED, { c: "simple", h: "From:X" }), simple),
    "A A",
  ],
  "good signatures, relaxed and nofws": [
    signDkim(
      signDomainKeys(UNSIGNED, { h: undefined }),
      ED25519,
      ED25519_PEM,
    ),
    "A A",
  ],
  "a signature that covers a part of the body": [
    signDkim(UNSIGNED, { ...simple, l: "4" }),
    "C P",
  ],
  "bad signatures": [
    signDkim(signDomainKeys(UNSIGNED, { h: "From" }), simple) + "e",
    "B P",
  ],
  "a header alone": [
    signDkim(signDomainKeys("From: a@example.com\n", { h: "From" }), simple),
    "A A",
  ],
  "a header alone, unterminated": [
    signDkim(signDomainKeys("From: a@example.com", { h: "From" }), simple),
    "A A",
  ],
  "an unsigned message": [MESSAGE, "C"],
  "an empty message": ["", "C"],
};

const zone = new Zone({
  "default._domainkey.example.com": P,
  "ed._domainkey.example.com": `k=ed25519; p=${publicKeyOf(ED25519_PEM)}`,
});

for (const [name, [message, letters]] of Object.entries(MESSAGES)) {
  const run = async (input: string | Uint8Array[]) => {
    const verification = await verify(input, { zone });
    const { domainKeys, signatures } = verification;
    const all = [domainKeys, ...signatures].map(({ letter }) => letter);
    assertEquals(all.join(" "), letters);
    return JSON.stringify(verification);
  };

  Deno.test(`\`VerifyPass\` says the same of ${name}, whatever the chunks`, () =>
    assertSameForEverySplit(message, run, 2));

  Deno.test(`\`VerifyPass\` says the same of ${name}, whatever the line ends`, () =>
    assertSameForEveryLineEnd(message, run));
}

Deno.test("`VerifyPass` counts the CRs that end no line", async () => {
  const { bareCrs } = await verify("From: a\r\nX: \r\r\n\r\nb\rc\r");
  assertEquals(bareCrs, 3);
});

/** What mutations put in. */
const PIECES = [
  ...'abc:;= \t\r\n@<>("\\\0\xff',
  "\n ",
  "\r\n",
  "b=",
  "l=1;",
  "h=",
  "p=",
];

function mutate(random: Random, text: string): string {
  let mutant = text;
  for (let times = random.below(4); times > 0; times--) {
    const at = random.below(mutant.length + 1);
    const to = at + random.below(random.oneIn(4) ? 60 : 3);
    mutant = mutant.slice(0, at) + random.text(PIECES, 0, 3) +
      mutant.slice(to);
  }
  return mutant;
}

Deno.test("`VerifyPass` rejects for no message and no record, and gives each a letter", async () => {
  const random = new Random(6376);
  const messages = Object.values(MESSAGES).map(([message]) => message);
  const options = {
    allowRsaSha1: true,
    minRsaBits: 0,
    allowAppendedBody: true,
  };
  for (let round = 0; round < 2000; round++) {
    const message = mutate(random, random.pick(messages));
    const record = mutate(random, `v=DKIM1; k=rsa; g=*; t=y; ${P}`);
    const note = `seed ${random.seed}, round ${round}`;
    const { dkim, domainKeys, signatures } = await verify(message, {
      zone: new Zone({ "*": record }),
      options,
    }).catch((cause) => {
      throw new Error(`${note}: ${JSON.stringify(message)}`, { cause });
    });
    for (const { letter } of [dkim, domainKeys, ...signatures]) {
      assert(/^[A-S]$/.test(letter), note);
    }
  }
});
