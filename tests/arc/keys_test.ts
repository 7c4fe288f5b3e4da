// The keys of a chain: what DNS has of them, what it is asked, and when.

import { assertEquals } from "@std/assert";
import type { TxtAnswer } from "../../lib/ports/resolver.ts";
import {
  AMS,
  briefly,
  sealByHand,
  sealTimes,
  validate,
} from "../support/arc_sets.ts";
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

Deno.test("`oldestPass` ends where a key is not at hand", async () => {
  const first = sealByHand(MESSAGE, { message: { s: "other" } });
  const zone = makeZone();
  const verdict = await validate(sealByHand(sealByHand(first)), zone);
  assertEquals(briefly(verdict), "pass: i=3 example.com");
  assertEquals([verdict.oldestPass, zone.asked], [2, [KEY_NAME]]);
});

for (const [count, expected] of [[9, "pass"], [12, "fail"]] as const) {
  Deno.test(`\`ArcVerifier\` finds ${expected} of ${count} sets with two keys at each name`, async () => {
    const entry = [
      record("1025 bits, exponent 65537"),
      record("1024 bits, exponent 65537"),
    ];
    const verdict = await validate(
      sealTimes(count),
      new Zone({ [KEY_NAME]: entry }),
    );
    assertEquals(verdict.result, expected);
  });
}
