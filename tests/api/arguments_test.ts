// The library at its door: every form of a message is the same message, and what is none is refused.

import { assertEquals, assertRejects } from "@std/assert";
import type { Message } from "../../lib/api/arguments.ts";
import { sign } from "../../lib/api/sign.ts";
import { verify } from "../../lib/api/verify.ts";
import { KEY_NAME, MESSAGE, PEM, publicKeyOf } from "../support/verifying.ts";
import { Zone } from "../support/zone.ts";

const SETTINGS = {
  domain: "example.com",
  selector: "default",
  privateKey: PEM,
  now: 1_800_000_000,
};
const RESOLVER = new Zone({ [KEY_NAME]: `v=DKIM1; p=${publicKeyOf(PEM)}` });

function streamOf(text: string, chunkLength: number): ReadableStream {
  const octets = new TextEncoder().encode(text);
  return ReadableStream.from(function* () {
    for (let at = 0; at < octets.length; at += chunkLength) {
      yield octets.slice(at, at + chunkLength);
    }
  }());
}

Deno.test("`sign()` and `verify()` take a message in every form", async () => {
  const field = await sign(MESSAGE, SETTINGS);
  const signed = field + MESSAGE;
  const forms = (text: string): Message[] => [
    text,
    new TextEncoder().encode(text),
    streamOf(text, 1),
    streamOf(text, 1000),
  ];
  for (const form of forms(MESSAGE)) {
    assertEquals(await sign(form, SETTINGS), field);
  }
  for (const form of forms(signed)) {
    const { dkim } = await verify(form, { resolver: RESOLVER });
    assertEquals(dkim.result, "pass");
  }
});

const NO_MESSAGES: Record<string, () => unknown> = {
  "an ArrayBuffer": () => new ArrayBuffer(8),
  "a list of numbers": () => [70, 114],
  "a Uint16Array": () => new Uint16Array(8),
  "nothing": () => undefined,
  "a number": () => 5,
  "a stream of texts": () => ReadableStream.from(["From: a@example.com\n\n"]),
  "a Blob": () => new Blob([MESSAGE]),
};
for (const [name, make] of Object.entries(NO_MESSAGES)) {
  Deno.test(`\`sign()\` and \`verify()\` refuse ${name} for a message`, async () => {
    const message = () => make() as Message;
    await assertRejects(
      () => verify(message(), { resolver: RESOLVER }),
      TypeError,
    );
    await assertRejects(() => sign(message(), SETTINGS), TypeError);
  });
}

for (const number of [NaN, 1.5, -1, Infinity, 2 ** 60]) {
  Deno.test(`\`sign()\` and \`verify()\` refuse the number ${number}`, async () => {
    const settings = { resolver: RESOLVER };
    await assertRejects(
      () => sign(MESSAGE, { ...SETTINGS, now: number }),
      TypeError,
    );
    await assertRejects(
      () => verify(MESSAGE, { ...settings, now: number }),
      TypeError,
    );
    await assertRejects(
      () => verify(MESSAGE, { ...settings, minRsaBits: number }),
      TypeError,
    );
  });
}

Deno.test("`sign()` refuses what is no selector and no scheme", async () => {
  for (
    const wrong of [
      { selector: "a b" },
      { selector: "" },
      { schemes: ["spf" as "dkim"] },
    ]
  ) {
    await assertRejects(
      () => sign(MESSAGE, { ...SETTINGS, ...wrong }),
      TypeError,
    );
  }
});
