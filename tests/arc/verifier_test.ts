// A chain validated step by step as RFC 8617 section 5.2 has it: what signs it, what was changed, what
// DNS says. Sets are made by hand.

import { assertEquals } from "@std/assert";
import type { TxtAnswer } from "../../lib/ports/resolver.ts";
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
import {
  ED25519_PEM,
  KEY_NAME,
  makeZone,
  MESSAGE,
  publicKeyOf,
  RSA_KEYS,
} from "../support/verifying.ts";
import { Zone, type ZoneEntry } from "../support/zone.ts";

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

Deno.test("`oldestPass` ends where a key is not at hand", async () => {
  const first = sealByHand(MESSAGE, { message: { s: "other" } });
  const zone = makeZone();
  const verdict = await validate(sealByHand(sealByHand(first)), zone);
  assertEquals(briefly(verdict), "pass: i=3 example.com");
  assertEquals([verdict.oldestPass, zone.asked], [2, [KEY_NAME]]);
});

/** What DNS has of the only key. */
const ENTRIES: [
  name: string,
  entry: ZoneEntry | undefined,
  expected: string,
  pem?: string,
][] = [
  ["temporary", { outcome: "temporary", detail: "timeout" }, `${BAD_AMS}: dns`],
  ["nxdomain", undefined, `${BAD_AMS}: dns`],
  ["a revoked key", "p=", `${BAD_AMS}: revoked`],
  ["no key", "p=AAAA", `${BAD_AMS}: bad key`],
  ["another key", record("1025 bits, exponent 65537"), `${BAD_AMS}: fail`],
  ["another key, then that one", [
    record("1025 bits, exponent 65537"),
    record("1024 bits, exponent 65537"),
  ], PASS],
  [
    "a key for its domain alone",
    `t=s; ${record("1024 bits, exponent 65537")}`,
    PASS,
  ],
  ["a key in testing", `t=y; ${record("1024 bits, exponent 65537")}`, PASS],
  [
    "a key that is not for mail",
    `s=other; ${record("1024 bits, exponent 65537")}`,
    `${BAD_AMS}: bad selector`,
  ],
  [
    "a key of 1023 bits",
    record("1023 bits, exponent 65537"),
    `${BAD_AMS}: bad key`,
    "1023 bits, exponent 65537",
  ],
  [
    "a key of 512 bits",
    record("512 bits, exponent 65537"),
    `${BAD_AMS}: bad key`,
    "512 bits, exponent 65537",
  ],
  [
    "a key of 8192 bits",
    record("8192 bits, exponent 65537"),
    PASS,
    "8192 bits, exponent 65537",
  ],
];

function record(name: string): string {
  return `p=${publicKeyOf(RSA_KEYS[name as keyof typeof RSA_KEYS])}`;
}

for (const [name, entry, expected, key] of ENTRIES) {
  Deno.test(`\`ArcVerifier\` says what it finds of DNS that has ${name}`, async () => {
    const made = key === undefined
      ? {}
      : { pem: RSA_KEYS[key as keyof typeof RSA_KEYS] };
    const zone = new Zone(entry === undefined ? {} : { [KEY_NAME]: entry });
    const verdict = await validate(sealByHand(MESSAGE, made), zone);
    assertEquals(briefly(verdict), expected);
    assertEquals(verdict.status === "dnsTemporary", name === "temporary");
  });
}

Deno.test("`ArcVerifier` finds pass of ed25519-sha256 (RFC 8463)", async () => {
  const zone = new Zone({
    [KEY_NAME]: `k=ed25519; p=${publicKeyOf(ED25519_PEM)}`,
  });
  const a = "ed25519-sha256";
  const made = { message: { a }, seal: { a }, pem: ED25519_PEM };
  const sealed = sealByHand(sealByHand(MESSAGE, made), made);
  assertEquals(briefly(await validate(sealed, zone)), "pass: i=2 example.com");
});

Deno.test("a resolver that rejects is DNS that does not answer", async () => {
  const resolver = {
    txt: (): Promise<TxtAnswer> => Promise.reject(new Error("gone")),
  };
  const verdict = await validate(sealTimes(1), resolver);
  assertEquals(
    [verdict.status, verdict.result, briefly(verdict)],
    ["dnsTemporary", "fail", `${BAD_AMS}: dns`],
  );
});

Deno.test("`ArcVerifier` asks for the keys of the 5 newest seals at once, then one by one", async () => {
  const message = Array.from({ length: 8 }, (_, n) => `s${n + 1}`).reduce(
    (sealed, s) =>
      sealByHand(sealed, { message: { s: "default" }, seal: { s } }),
    MESSAGE,
  );
  const names = [8, 7, 6, 5, 4, 3, 2, 1].map((n) =>
    `s${n}._domainkey.example.com`
  );
  const zone = new Zone({ "*": record("1024 bits, exponent 65537") });
  assertEquals(briefly(await validate(message, zone)), "pass: i=8 example.com");
  assertEquals(
    zone.asked.slice(0, 6).toSorted(),
    [
      KEY_NAME,
      ...names.slice(0, 5),
    ].toSorted(),
  );
  assertEquals(zone.asked.slice(6), names.slice(5));
  const none = new Zone();
  await validate(message, none);
  assertEquals(none.asked.length, 6);
});

Deno.test("`ArcVerifier` tells who sealed, and for whom DMARC passed then", async () => {
  const first = sealByHand(MESSAGE, {
    results: "mx.example.com; dmarc=pass header.from=example.com",
    seal: { d: "one.example" },
  });
  const zone = new Zone({ "*": record("1024 bits, exponent 65537") });
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
