// Sealing on arrival (RFC 8617 section 5.1): which set is made of which chain, what it signs, and when
// none is made. Tags and octets are held against what the RFC says, not against our own parser alone.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createHash, createPublicKey, verify } from "node:crypto";
import { sealArc } from "../../lib/api/seal_arc.ts";
import { toOctets } from "../../lib/message/octets.ts";
import {
  AAR,
  AMS,
  AS,
  briefly,
  sealByHand,
  sealTimes,
  validate,
} from "../support/arc_sets.ts";
import { makeSet, RESULTS, seal, sealed } from "../support/arc_sealing.ts";
import { fieldsOf, partsOf, relaxedField } from "../support/reference.ts";
import { NOW, signaturesIn } from "../support/signing.ts";
import {
  ED25519_PEM,
  makeZone,
  MESSAGE,
  PEM,
  signDkim,
} from "../support/verifying.ts";
import { Zone } from "../support/zone.ts";

Deno.test("a set has its fields in this order, each with its tags", async () => {
  const message = await sealed(MESSAGE);
  const [as, ams, aar] = signaturesIn(message.split("From: Alice")[0]!);
  const { b: sealB, ...sealTags } = as!;
  assertEquals(sealTags, {
    field: AS,
    i: "1",
    a: "rsa-sha256",
    t: `${NOW}`,
    cv: "none",
    d: "example.com",
    s: "default",
  });
  const { b: messageB, bh, hm, h, ...messageTags } = ams!;
  assertEquals(messageTags, {
    field: AMS,
    i: "1",
    a: "rsa-sha256",
    c: "relaxed/relaxed",
    d: "example.com",
    s: "default",
    t: `${NOW}`,
  });
  assertEquals([sealB!.length, messageB!.length], [172, 172]);
  const sha256 = (text: string) =>
    createHash("sha256").update(text).digest("base64");
  assertEquals(bh, sha256("Hello Bob.\r\n"));
  assertEquals(hm, sha256("from:Alice <alice@example.com>\r\n"));
  assertMatch(h!, /^From:From:Reply-To:Subject:Subject:Date:To:To:/);
  assertEquals(aar, { field: AAR });
  assertMatch(
    message,
    /^ARC-Authentication-Results: i=1;\n\tmx\.example\.com;/m,
  );
  assert(message.split("\n").every((line) => line.length <= 78));
});

Deno.test("`hm=` covers From, Date and Message-ID, and nothing else", async () => {
  const fields =
    "Message-ID: <1@example.com>\nX: 1\nDate:  now\nFrom: alice@example.com\n";
  const message = await sealed(`${fields}\nHello.\n`);
  const { hm } = signaturesIn(message)[1]!;
  const text =
    "from:alice@example.com\r\ndate:now\r\nmessage-id:<1@example.com>\r\n";
  assertEquals(hm, createHash("sha256").update(text).digest("base64"));
});

for (const count of [0, 1, 4, 49]) {
  Deno.test(`a chain of ${count} sets goes on`, async () => {
    const message = await sealed(sealTimes(count));
    assertEquals(
      briefly(await validate(message)),
      `pass: i=${count + 1} example.com`,
    );
  });
}

Deno.test("a chain of 5 sets of ours and of another sealer in turn is good", async () => {
  let message = MESSAGE;
  for (let turn = 0; turn < 5; turn++) {
    message = turn % 2 === 0 ? await sealed(message) : sealByHand(message);
  }
  const verdict = await validate(message);
  assertEquals(briefly(verdict), "pass: i=5 example.com");
  assertEquals(verdict.oldestPass, 0);
});

Deno.test("a chain that fails is marked, and its seal covers its own set alone (RFC 8617 section 5.1.2)", async () => {
  const changed = sealTimes(2).replace("Hello", "hello");
  const message = await sealed(changed);
  assertEquals(briefly(await validate(message)), "fail: i=3: cv=fail");
  const [seal, messageSignature, results] = fieldsOf(partsOf(message).header);
  const own = [results, messageSignature].map((field) => relaxedField(field!));
  const [, unsigned = "", b = ""] = /^([^]* b=)([^]*)$/.exec(
    relaxedField(seal!).slice(0, -2),
  ) ?? [];
  const isGood = verify(
    "sha256",
    toOctets([...own, unsigned].join("")),
    createPublicKey(PEM),
    Uint8Array.fromBase64(b),
  );
  assert(isGood);
});

const UNSEALED: [name: string, message: string, expected: string][] = [
  ["has 50 sets", sealTimes(50), "over 50 sets"],
  ["has 51 sets", sealTimes(51), "over 50 sets"],
  [
    "has failed before",
    sealByHand(MESSAGE, { seal: { cv: "fail" } }),
    "i=1: cv=fail",
  ],
  ["has i=50 alone", `${AAR}: i=50; x\n${MESSAGE}`, "over 50 sets"],
];

for (const [name, message, expected] of UNSEALED) {
  Deno.test(`no set is added to a chain that ${name}`, async () => {
    const { sealing } = await seal(message);
    assertEquals(sealing, { reason: expected });
  });
}

Deno.test("no set is added while DNS does not say what a chain is worth", async () => {
  const resolver = new Zone({
    "*": { outcome: "temporary", detail: "timeout" },
  });
  const { sealing } = await seal(sealTimes(1), { resolver });
  assertEquals(sealing, { reason: `i=1 ${AMS}: dns` });
});

const BROKEN: [name: string, message: string, instance: number][] = [
  ["a gap", sealTimes(3).replace(/^(ARC-.*)i=2/gm, "$1i=4"), 5],
  ["no usable i=", `${AS}: x=1\n${MESSAGE}`, 1],
  ["a field of a set that is not whole", `${AAR}: i=7; x\n${MESSAGE}`, 8],
];

for (const [name, message, instance] of BROKEN) {
  Deno.test(`sets with ${name} are marked as failed, after the greatest instance`, async () => {
    const made = await makeSet(message);
    assertEquals([made.instance, made.chainState], [instance, "fail"]);
  });
}

Deno.test("a message signature covers every DKIM-Signature, and never what others put on top", async () => {
  const signedFields = [
    ..."Received ARC-Seal X-Two From Authentication-Results Return-Path ARC-*"
      .split(" "),
  ];
  const top =
    "Return-Path: <a@b>\nReceived: x\nX-Two: 2\nAuthentication-Results: x; none\n";
  const message = await sealed(
    top + signDkim(signDkim(sealTimes(1))),
    { options: { signedFields, oversignedFields: ["Received"] } },
  );
  const { h } = signaturesIn(message)[1]!;
  assertEquals(h, "X-Two:From:DKIM-Signature:DKIM-Signature");
  assertEquals(briefly(await validate(message)), "pass: i=2 example.com");
  const without = message.replace(/^DKIM-Signature:.*\n/m, "");
  assertEquals(
    briefly(await validate(without)),
    `fail: i=2 ${AMS}: bad sig`,
  );
});

Deno.test("a header of over 900 fields is not sealed", async () => {
  const { sealing } = await seal("X: 1\n".repeat(901) + MESSAGE);
  assertEquals(sealing, { reason: "too many header fields" });
});

Deno.test("a header over 1 MiB is not sealed, and its chain fails", async () => {
  const { verdict, sealing } = await seal(
    `X: ${"x".repeat(1 << 20)}\n${MESSAGE}`,
  );
  assertEquals(briefly(verdict), "fail: the header is over 1 MiB");
  assertEquals(sealing, { reason: "the header is over 1 MiB" });
});

const SETTINGS = {
  domain: "example.com",
  selector: "default",
  privateKey: PEM,
  results: RESULTS,
  resolver: makeZone(),
  now: NOW,
};

Deno.test("`sealArc()` takes lines that end in CRLF, and says what the chain was worth", async () => {
  const message = sealTimes(1).replaceAll("\n", "\r\n");
  const { fields, reason, verdict } = await sealArc(message, SETTINGS);
  assertEquals([reason, verdict.result], [undefined, "pass"]);
  const verdictAfter = await validate([toOctets(fields + message)]);
  assertEquals(briefly(verdictAfter), "pass: i=2 example.com");
});

Deno.test("`sealArc()` says why it seals nothing", async () => {
  const { fields, reason } = await sealArc(sealTimes(50), SETTINGS);
  assertEquals([fields, reason], ["", "over 50 sets"]);
});

for (
  const [name, change, error] of [
    ["a domain", { domain: "a b" }, TypeError],
    ["a selector", { selector: "" }, TypeError],
    ["a key", { privateKey: "no key" }, SyntaxError],
    ["an RSA key", { privateKey: ED25519_PEM }, SyntaxError],
    ["results", { results: "" }, TypeError],
    ["results on one field", { results: "mx; none\nSubject: x" }, TypeError],
    [
      "results without an empty line",
      { results: "mx; none\n\t\n x" },
      TypeError,
    ],
    ["results in ASCII", { results: "mx; none (\xfc)" }, TypeError],
    ["a time", { now: -1 }, TypeError],
    ["names of fields", { signedFields: "a b;" }, SyntaxError],
  ] as const
) {
  Deno.test(`\`sealArc()\` refuses what is not ${name}`, async () => {
    await assertRejects(
      () => sealArc(MESSAGE, { ...SETTINGS, ...change }),
      error,
    );
  });
}
