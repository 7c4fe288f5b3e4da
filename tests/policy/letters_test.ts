// DKVERIFY: which letters reject, which defer, and in which order they are asked.

import { assert, assertEquals } from "@std/assert";
import { DKIM_STATUS } from "../../lib/dkim/status.ts";
import { DOMAINKEYS_STATUS } from "../../lib/domainkeys/status.ts";
import {
  decide,
  type Decision,
  DKIM_LETTERS,
  type DkimLetter,
  DOMAINKEYS_LETTERS,
  type DomainKeysLetter,
  formatErrorText,
  parseLetters,
  type Refusal,
  type RefusalReason,
} from "../../lib/policy/letters.ts";

const ACCEPT: Decision = { action: "accept" };
const REJECT_DOMAINKEYS: Refusal = { action: "reject", scheme: "domainkeys" };
const DEFER_DOMAINKEYS: Refusal = { action: "defer", scheme: "domainkeys" };
const REJECT_DKIM: Refusal = { action: "reject", scheme: "dkim" };
const DEFER_DKIM: Refusal = { action: "defer", scheme: "dkim" };

const LISTS: Record<string, [text: string, domainkeys: string, dkim: string]> =
  {
    "nothing": ["", "", ""],
    "letters without a comma": ["DEGIJKfh", "DEGIJKfh", ""],
    "letters of both": ["DEf,CGk", "DEf", "CGk"],
    "a comma at the end": ["DEf,", "DEf", ""],
    "a comma at the beginning": [",CGk", "", "CGk"],
    "a comma alone": [",", "", ""],
    "a second comma": ["D,C,G", "D", "CG"],
  };
for (const [name, [text, domainkeys, dkim]] of Object.entries(LISTS)) {
  Deno.test(`\`parseLetters()\` reads ${name}`, () => {
    assertEquals(parseLetters(text), { domainkeys, dkim });
  });
}

const RECOMMENDED = "DEGIJKfh,CGHIJMQRkl";

const DECISIONS: Record<
  string,
  [text: string, DomainKeysLetter, DkimLetter, Decision]
> = {
  "accepts everything by default": ["", "B", "D", ACCEPT],
  "accepts what is good": [RECOMMENDED, "A", "A", ACCEPT],
  "accepts what is not signed": [RECOMMENDED, "C", "N", ACCEPT],
  "rejects by DomainKeys": [RECOMMENDED, "J", "N", REJECT_DOMAINKEYS],
  "defers by DomainKeys": [RECOMMENDED, "F", "N", DEFER_DOMAINKEYS],
  "rejects by DKIM": [RECOMMENDED, "C", "M", REJECT_DKIM],
  "defers by DKIM": [RECOMMENDED, "C", "K", DEFER_DKIM],
  "rejects what is good, if asked to": ["A", "A", "N", REJECT_DOMAINKEYS],
  "asks upper case before lower": ["bB", "B", "N", REJECT_DOMAINKEYS],
  "asks DKIM's upper case before its lower": [",dD", "C", "D", REJECT_DKIM],
  "asks DomainKeys before DKIM": ["B,D", "B", "D", REJECT_DOMAINKEYS],
  "asks all of DomainKeys before DKIM": ["b,D", "B", "D", DEFER_DOMAINKEYS],
  "keeps the letters of DKIM from DomainKeys": [",B", "B", "N", ACCEPT],
  "keeps the letters of DomainKeys from DKIM": ["D", "C", "D", ACCEPT],
  "does nothing for other characters": ["!%* 1\xe9z-Z[", "B", "D", ACCEPT],
};
for (const [name, row] of Object.entries(DECISIONS)) {
  const [text, domainkeys, dkim, decision] = row;
  Deno.test(`\`decide()\` ${name}`, () => {
    assertEquals(decideBy(text, domainkeys, dkim), decision);
  });
}

Deno.test("`decide()` does not ask DomainKeys where the author's domain signed with DKIM", () => {
  const found = { domainkeys: "D", dkim: "A", isAuthorSigned: true } as const;
  assertEquals(decide(parseLetters(RECOMMENDED), found), ACCEPT);
  assertEquals(decide(parseLetters("D,A"), found), REJECT_DKIM);
  const other = { ...found, isAuthorSigned: false };
  assertEquals(decide(parseLetters(RECOMMENDED), other), REJECT_DOMAINKEYS);
});

function decideBy(
  text: string,
  domainkeys: DomainKeysLetter,
  dkim: DkimLetter,
): Decision {
  const found = { domainkeys, dkim, isAuthorSigned: false };
  return decide(parseLetters(text), found);
}

Deno.test("`decide()` goes by one letter of each scheme and no other", () => {
  const ours = Object.values(DOMAINKEYS_LETTERS).map(({ letter }) => letter);
  const theirs = Object.values(DKIM_LETTERS).map(({ letter }) => letter);
  assertEquals(ours.join(""), "ABCDEFGHIJKL");
  assertEquals(theirs.join(""), "ABCDEFGHIJKLMNOPQRS");
  for (const asked of theirs) {
    for (const letter of theirs) {
      const expected = asked === letter;
      const upper = decideBy(`,${asked}`, "A", letter);
      assertEquals(upper, expected ? REJECT_DKIM : ACCEPT);
      const lower = decideBy(`,${asked.toLowerCase()}`, "A", letter);
      assertEquals(lower, expected ? DEFER_DKIM : ACCEPT);
    }
    for (const letter of ours) {
      const expected = asked === letter;
      const upper = decideBy(asked, letter, "A");
      assertEquals(upper, expected ? REJECT_DOMAINKEYS : ACCEPT);
      const lower = decideBy(asked.toLowerCase(), letter, "A");
      assertEquals(lower, expected ? DEFER_DOMAINKEYS : ACCEPT);
    }
  }
});

const PERMANENT = "permanently rejected message (#5.3.0)";
const TEMPORARY =
  "temporarily deferred message, please try again later (#4.3.0)";
const TEXTS: [Refusal, Partial<RefusalReason>, text: string][] = [
  [
    REJECT_DOMAINKEYS,
    {},
    `DDomainKeys ${PERMANENT}: bad signature by example.com (letter X)`,
  ],
  [
    DEFER_DOMAINKEYS,
    { meaning: "no signature", letter: "C" },
    `ZDomainKeys ${TEMPORARY}: no signature (letter C)`,
  ],
  [
    REJECT_DKIM,
    { domain: `${"a".repeat(60)}.${"b".repeat(60)}.example` },
    `DDomainKeys Identified Mail (DKIM) ${PERMANENT}: bad signature by the signing domain (letter X)`,
  ],
  [
    DEFER_DKIM,
    { domain: "example.com\r\n250 ok" },
    `ZDomainKeys Identified Mail (DKIM) ${TEMPORARY}: bad signature by the signing domain (letter X)`,
  ],
];
for (const [refusal, given, text] of TEXTS) {
  Deno.test(`\`formatErrorText()\` says "${text}"`, () => {
    const reason = {
      letter: "X",
      meaning: "bad signature by %",
      domain: "example.com",
      ...given,
    };
    assertEquals(formatErrorText(refusal, reason), text);
  });
}

Deno.test("`formatErrorText()` writes at most 255 octets of printable ASCII, whatever the letter", () => {
  const domain = `${"a".repeat(63)}.${"b".repeat(12)}.com`;
  for (
    const [scheme, statuses] of [
      ["dkim", DKIM_STATUS],
      ["domainkeys", DOMAINKEYS_STATUS],
    ] as const
  ) {
    for (const { meaning } of Object.values(statuses)) {
      const letter = "X";
      const refusal = { action: "defer", scheme } as const;
      const text = formatErrorText(refusal, { letter, meaning, domain });
      assert(/^Z[\x20-\x7e]{1,254}$/.test(text), text);
    }
  }
});
