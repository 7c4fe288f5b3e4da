// A chain validated step by step as RFC 8617 section 5.2 has it: what signs it, what was changed, what
// DNS says. Sets are made by hand.

import { assertEquals } from "@std/assert";
import {
  AMS,
  AS,
  briefly,
  type HandMade,
  sealByHand,
  sealTimes,
  validate,
} from "../support/arc_sets.ts";
import {
  assertSameForEveryLineEnd,
  assertSameForEverySplit,
} from "../support/laws.ts";
import { NOW } from "../support/signing.ts";
import { KEY_NAME, makeZone, MESSAGE, P } from "../support/verifying.ts";
import { Zone } from "../support/zone.ts";

const PASS = "pass: i=1 example.com";
const BAD_AMS = `fail: i=1 ${AMS}`;
const BAD_AS = `fail: i=1 ${AS}`;

Deno.test("`ArcVerifier` finds none without a set", async () => {
  const verdict = await validate(MESSAGE);
  assertEquals(briefly(verdict), "none: no ARC set");
  assertEquals([verdict.instance, verdict.domain], [0, undefined]);
});

for (const count of [1, 2, 5, 50]) {
  Deno.test(`\`ArcVerifier\` finds pass of ${count} sets`, async () => {
    const zone = makeZone();
    const verdict = await validate(sealTimes(count), zone);
    assertEquals(briefly(verdict), `pass: i=${count} example.com`);
    assertEquals(verdict.oldestPass, 0);
    assertEquals(verdict.sets.length, count);
    assertEquals(zone.asked, [KEY_NAME]);
  });
}

const MADE: [name: string, made: HandMade, expected: string][] = [
  ["c= is missing, so that it is simple", { message: { c: undefined } }, PASS],
  ["v= is something else", { message: { v: "3" } }, PASS],
  ["h= is empty", { message: { h: "" } }, PASS],
  ["h= does not name From", { message: { h: "To:Subject" } }, PASS],
  ["h= is missing", { message: { h: undefined } }, `${BAD_AMS}: bad syntax`],
  [
    "h= names ARC-Seal",
    { message: { h: "From:arc-seal" } },
    `${BAD_AMS}: bad syntax`,
  ],
  ["bh= is missing", { message: { bh: undefined } }, `${BAD_AMS}: bad syntax`],
  [
    "a= is rsa-sha1",
    { message: { a: "rsa-sha1" } },
    `${BAD_AMS}: bad algorithm`,
  ],
  ["x= is over", { message: { t: "1", x: "2" } }, `${BAD_AMS}: expired`],
  ["x= is now", { message: { x: `${NOW}` } }, PASS],
  ["l= is all of the body", { message: { l: "12" } }, PASS],
  [
    "l= is less than the body",
    { message: { l: "5" } },
    `${BAD_AMS}: bad bodyhash`,
  ],
  [
    "an unknown tag is there",
    { message: { zz: "1" }, seal: { zz: "1" } },
    PASS,
  ],
  ["tags are of another case", {
    message: { S: "other" },
    seal: { S: "other" },
  }, PASS],
  ["a= is in upper case", {
    message: { a: "RSA-SHA256" },
    seal: { a: "RSA-SHA256" },
  }, PASS],
  ["cv= is in upper case", { seal: { cv: "NONE" } }, PASS],
  ["i= has two digits", { seal: { i: "01" } }, PASS],
  ["b= is another one", { message: { b: "AAAA" } }, `${BAD_AMS}: fail`],
  ["b= of the seal is another one", { seal: { b: "AAAA" } }, `${BAD_AS}: fail`],
  [
    "the key of the message is not there",
    { message: { s: "gone" } },
    `${BAD_AMS}: dns`,
  ],
  [
    "the key of the seal is not there",
    { seal: { s: "gone" } },
    `${BAD_AS}: dns`,
  ],
];

for (const [name, made, expected] of MADE) {
  const [word] = expected.split(":");
  Deno.test(`\`ArcVerifier\` finds ${word} where ${name}`, async () => {
    assertEquals(briefly(await validate(sealByHand(MESSAGE, made))), expected);
  });
}

const NEWEST_AMS = `fail: i=2 ${AMS}`;
const CHANGES: [
  name: string,
  from: string | RegExp,
  to: string,
  expected: string,
][] = [
  ["the body", "Hello", "hello", `${NEWEST_AMS}: bad bodyhash`],
  [
    "a signed field",
    "Subject: hello",
    "Subject: Hello",
    `${NEWEST_AMS}: bad sig`,
  ],
  [
    "a field that is not signed",
    "\nFrom:",
    "\nX-New: 1\nFrom:",
    "pass: i=2 example.com",
  ],
  [
    "white space in a field",
    "Subject: hello",
    "Subject:  hello",
    "pass: i=2 example.com",
  ],
  ["the newest results", "i=2; mx", "i=2; my", `fail: i=2 ${AS}: bad sig`],
  ["the first results", "i=1; mx", "i=1; my", `fail: i=2 ${AS}: bad sig`],
  [
    "a tag of the newest message signature",
    "From:To:Subject; i=2",
    "From:to:Subject; i=2",
    `${NEWEST_AMS}: bad sig`,
  ],
  [
    "a tag of the first message signature",
    "From:To:Subject; i=1",
    "From:to:Subject; i=1",
    `fail: i=2 ${AS}: bad sig`,
  ],
  [
    "a tag of the newest seal",
    /(Seal: i=2;.*)cv=pass/,
    "$1cv=Pass",
    `fail: i=2 ${AS}: bad sig`,
  ],
  [
    "a tag of the first seal",
    /(Seal: i=1;.*)cv=none/,
    "$1cv=None",
    `fail: i=2 ${AS}: bad sig`,
  ],
];

for (const [name, from, to, expected] of CHANGES) {
  Deno.test(`\`ArcVerifier\` sees when ${name} is changed`, async () => {
    const sealed = sealTimes(2);
    const changed = sealed.replace(from, to);
    assertEquals(changed === sealed, false);
    assertEquals(briefly(await validate(changed)), expected);
  });
}

Deno.test("`ArcVerifier` sees a seal that covers its own set alone", async () => {
  const sealed = sealByHand(sealTimes(1), { alone: true });
  assertEquals(briefly(await validate(sealed)), `fail: i=2 ${AS}: bad sig`);
});

Deno.test("`ArcVerifier` stops at the first seal that fails", async () => {
  const first = sealByHand(MESSAGE, { seal: { s: "gone" } });
  const verdict = await validate(sealByHand(sealByHand(first)));
  assertEquals(briefly(verdict), `fail: i=1 ${AS}: dns`);
  assertEquals([verdict.status, verdict.instance], ["badSeal", 3]);
});

Deno.test("`ArcVerifier` takes sets in whatever order they stand", async () => {
  const [, fields = "", rest = ""] =
    /^((?:ARC-.*\n)+)([^]*)$/.exec(sealTimes(3)) ?? [];
  const shuffled = fields.trimEnd().split("\n").toSorted().join("\n");
  const verdict = await validate(`${shuffled}\n${rest}`);
  assertEquals(briefly(verdict), "pass: i=3 example.com");
});

Deno.test("`ArcVerifier` says the same however a message is cut and spelled", async () => {
  const sealed = sealTimes(2);
  await assertSameForEverySplit(
    sealed,
    async (chunks) => briefly(await validate(chunks)),
    2,
  );
  await assertSameForEveryLineEnd(
    sealed,
    async (text) => briefly(await validate(text)),
  );
});

Deno.test("`ArcVerifier` finds fail of a header that is none", async () => {
  const sealed = sealTimes(1).replace("\nFrom:", "\nno field\nFrom:");
  assertEquals(
    briefly(await validate(sealed)),
    "fail: header field 4 is no field",
  );
});

Deno.test("`oldestPass` is the first set after the last change", async () => {
  const changed = sealTimes(2).replace("Hello", "hello");
  const verdict = await validate(sealByHand(sealByHand(changed)));
  assertEquals(briefly(verdict), "pass: i=4 example.com");
  assertEquals(verdict.oldestPass, 3);
});

Deno.test("`ArcVerifier` tells who sealed, and for whom DMARC passed then", async () => {
  const first = sealByHand(MESSAGE, {
    results: "mx.example.com; dmarc=pass header.from=example.com",
    seal: { d: "one.example" },
  });
  const zone = new Zone({ "*": P });
  const verdict = await validate(sealByHand(first), zone);
  assertEquals(verdict.sets, [
    { sealer: "one.example", passed: ["example.com"] },
    { sealer: "example.com", passed: [] },
  ]);
});

Deno.test("`ArcVerifier` tells nobody's word of a chain that fails", async () => {
  const results = "mx.example.com; dmarc=pass header.from=example.com";
  const sealed = sealByHand(MESSAGE, { results }).replace("Hello", "hello");
  assertEquals((await validate(sealed)).sets, []);
});
