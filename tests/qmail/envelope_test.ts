// `readEnvelope()` keeps an envelope byte for byte, however it is cut, and refuses what qmail-queue would
// refuse with the same number (qmail-queue(8)).

import { assertEquals, assertRejects } from "@std/assert";
import { readEnvelope } from "../../lib/qmail/envelope.ts";
import { StepFailed } from "../../lib/qmail/exit_code.ts";
import { toBytes } from "../support/mail.ts";
import { makeEnvelope } from "../support/queue.ts";

const GOOD = [
  { name: "one recipient", envelope: makeEnvelope("a@b.example", ["c@d"]) },
  { name: "a null sender", envelope: makeEnvelope("", ["c@d.example"]) },
  { name: "no recipient", envelope: makeEnvelope("a@b.example", []) },
  { name: "an empty recipient", envelope: makeEnvelope("a@b", ["", "c@d"]) },
  { name: "the special sender #@[]", envelope: makeEnvelope("#@[]", ["c@d"]) },
  {
    name: "10000 recipients",
    envelope: makeEnvelope(
      "a@b.example",
      Array.from({ length: 10_000 }, (_, n) => `recipient-${n}@d.example`),
    ),
  },
  {
    name: "a sender of 1002 bytes",
    envelope: makeEnvelope("a".repeat(1002), ["c@d.example"]),
  },
  {
    name: "recipients of 1002 bytes",
    envelope: makeEnvelope("a@b", ["c".repeat(1002), "d".repeat(1002)]),
  },
  {
    name: "every byte but NUL in an address",
    envelope: makeEnvelope(
      "a",
      [String.fromCharCode(...Array.from({ length: 255 }, (_, n) => n + 1))],
    ),
  },
];

/** As a pipe may hand it on: at once, or in pieces of so many bytes. */
async function* cut(bytes: Uint8Array, most: number) {
  for (let at = 0; at < bytes.length; at += most) {
    yield await Promise.resolve(bytes.subarray(at, at + most));
  }
}

const PIECES = [Infinity, 7, 1];

for (const { name, envelope } of GOOD) {
  Deno.test(`\`readEnvelope()\` takes an envelope with ${name}`, async () => {
    for (const most of PIECES) {
      assertEquals(await readEnvelope(cut(envelope, most)), envelope);
    }
  });
}

const BAD = [
  { name: "is empty", code: 54, envelope: "" },
  { name: "ends behind its first letter", code: 54, envelope: "F" },
  { name: "ends inside the sender", code: 54, envelope: "Fa@b" },
  { name: "ends behind the sender", code: 54, envelope: "Fa@b\0" },
  { name: "ends inside a recipient", code: 54, envelope: "Fa@b\0Tc@d" },
  { name: "ends behind a recipient", code: 54, envelope: "Fa@b\0Tc@d\0" },
  { name: "begins with NUL", code: 91, envelope: "\0\0" },
  { name: "begins with a recipient", code: 91, envelope: "Tc@d\0\0" },
  { name: "begins with a small f", code: 91, envelope: "fa@b\0Tc@d\0\0" },
  { name: "has two senders", code: 91, envelope: "Fa@b\0Fa@b\0\0" },
  { name: "has an unknown letter", code: 91, envelope: "Fa@b\0Tc@d\0X\0\0" },
  { name: "ends its lines with LF", code: 91, envelope: "Fa@b\0\nTc@d\0\0" },
  {
    name: "has a sender of 1003 bytes",
    code: 11,
    envelope: `F${"a".repeat(1003)}\0Tc@d\0\0`,
  },
  {
    name: "has a first recipient of 1003 bytes",
    code: 11,
    envelope: `Fa@b\0T${"c".repeat(1003)}\0Tc@d\0\0`,
  },
  {
    name: "has a last recipient of 1003 bytes",
    code: 11,
    envelope: `Fa@b\0Tc@d\0T${"c".repeat(1003)}\0\0`,
  },
  {
    name: "has a recipient of a million bytes",
    code: 11,
    envelope: `Fa@b\0T${"c".repeat(1e6)}\0\0`,
  },
];

for (const { name, code, envelope } of BAD) {
  Deno.test(`\`readEnvelope()\` fails with ${code} when the envelope ${name}`, async () => {
    for (const most of PIECES) {
      const input = cut(toBytes(envelope), most);
      const error = await assertRejects(() => readEnvelope(input), StepFailed);
      assertEquals(error.code, code);
    }
  });
}
