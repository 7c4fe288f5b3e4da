// The envelope reaches the next program byte for byte, and one that qmail-queue would refuse is
// refused with the same number (qmail-queue(8)), before anything is started.

import { assert, assertEquals } from "@std/assert";
import { makeEnvelope } from "../support/queue.ts";
import {
  assertRefused,
  equalBytes,
  fieldsOf,
  MAIL,
  toBytes,
} from "../support/mail.ts";
import type { Program } from "../support/programs.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";

const MESSAGE = toBytes(MAIL);

/** tests/qmail/envelope_test.ts has more of each, in memory. */
const GOOD = [
  { name: "a null sender", envelope: makeEnvelope("", ["c@d.example"]) },
  {
    name: "10000 recipients",
    envelope: makeEnvelope(
      "a@b.example",
      Array.from({ length: 10_000 }, (_, n) => `recipient-${n}@d.example`),
    ),
  },
];

for (const { name, envelope } of GOOD) {
  endToEnd(`\`dk-sign\` hands on an envelope with ${name}`, async () => {
    await using site = await Site.open();
    const result = await site.run("dk-sign", { message: MESSAGE, envelope });
    assertEquals(fieldsOf(MESSAGE, result).length, 2);
    assert(equalBytes(result.queued!.envelope, envelope));
  });
}

const BAD = [
  { name: "is empty", code: 54, envelope: "" },
  { name: "ends inside a recipient", code: 54, envelope: "Fa@b\0Tc@d" },
  { name: "has two senders", code: 91, envelope: "Fa@b\0Fa@b\0\0" },
  {
    name: "has a last recipient of 1003 bytes",
    code: 11,
    envelope: `Fa@b\0Tc@d\0T${"c".repeat(1003)}\0\0`,
  },
];

/** Each has another pass waiting for the envelope. */
const WAYS: { way: string; program: Program; env: Record<string, string> }[] = [
  { way: "`dk-sign` that signs", program: "dk-sign", env: {} },
  {
    way: "`dk-verify` that verifies",
    program: "dk-verify",
    env: { DKVERIFY: "" },
  },
  { way: "`dk-verify` that passes on", program: "dk-verify", env: {} },
];

for (const { way, program, env } of WAYS) {
  for (const { name, code, envelope } of BAD) {
    endToEnd(`${way} exits ${code} when the envelope ${name}`, async () => {
      await using site = await Site.open();
      const result = await site.run(program, {
        message: MESSAGE,
        envelope: toBytes(envelope),
        env,
      });
      assertRefused(result, code);
    });
  }
}
