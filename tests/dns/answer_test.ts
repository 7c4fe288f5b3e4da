// What lib/dns/message.ts takes which answer for; and answers that are cut, huge, or made to
// take long.

import { countSteps } from "../support/steps.ts";
import { assert, assertEquals } from "@std/assert";
import { parseAnswer } from "../../lib/dns/message.ts";
import { ANSWERS } from "../support/dns_answers.ts";
import {
  alias,
  ASKED,
  chain,
  FIRST_ANSWER,
  LONGEST,
  MALFORMED,
  message,
  NAME,
  one,
  opt,
  OTHER,
  parse,
  pointer,
  QUERY,
  record,
  records,
  soa,
  temporary,
  text,
  TXT,
} from "../support/dns_packets.ts";

for (const [what, [parts, reply]] of Object.entries(ANSWERS)) {
  Deno.test(`\`parseAnswer()\` takes ${what} for "${reply.outcome}"`, () => {
    assertEquals(parse(parts), reply);
  });
}

Deno.test("`parseAnswer()` takes a packet that is a view into a buffer", () => {
  const packet = message({ answers: [one] });
  const buffer = new Uint8Array(packet.length + 20).fill(0xc0);
  buffer.set(packet, 10);
  const view = buffer.subarray(10, 10 + packet.length);
  assertEquals(parseAnswer(view, QUERY), records("v=DKIM1"));
  assertEquals(parseAnswer(view.subarray(0, -1), QUERY), MALFORMED);
});

Deno.test("`parseAnswer()` ignores a cut header", () => {
  const packet = message({ flags: 0x8182, questions: [] });
  for (let end = 0; end < packet.length; end++) {
    assertEquals(parseAnswer(packet.subarray(0, end), QUERY), OTHER);
  }
  assertEquals(parseAnswer(packet, QUERY), temporary("SERVFAIL"));
});

Deno.test("`parseAnswer()` refuses an answer cut anywhere", () => {
  const packet = message({
    answers: [...chain(2), text("c2.example", "a", "b")],
    authorities: [soa],
    additionals: [opt],
  });
  for (let end = 0; end < packet.length; end++) {
    const reply = parseAnswer(packet.subarray(0, end), QUERY);
    assertEquals(
      reply,
      end < FIRST_ANSWER ? OTHER : MALFORMED,
      `cut at ${end}`,
    );
  }
});

Deno.test("`parseAnswer()` reads a record of 60,000 octets", () => {
  const strings = Array.from({ length: 240 }, () => "k".repeat(250));
  const answers = [text(NAME, ...strings)];
  assertEquals(parse({ answers }), records(strings.join("")));
});

/** A block of code that is entered. */
const STEPS_PER_OCTET = 10;

const HOSTILE: Record<string, number[][]> = {
  // Each name is 8,000 pointers, each to the one before it.
  "chains of pointers": [
    record(
      ASKED,
      1,
      Array.from(
        { length: 8000 },
        (_, i) => pointer(i === 0 ? 12 : FIRST_ANSWER + 12 + 2 * (i - 1)),
      ).flat(),
    ),
    ...Array.from(
      { length: 4000 },
      () => record(pointer(FIRST_ANSWER + 12 + 2 * 7999), 1, []),
    ),
  ],
  "5,000 records of one name": Array.from(
    { length: 5000 },
    () => record(ASKED, TXT, []),
  ),
  "5,000 names of 255 octets": [
    alias(ASKED, LONGEST),
    ...Array.from(
      { length: 5000 },
      () => record(pointer(FIRST_ANSWER + 12), 1, []),
    ),
  ],
};
for (const [what, answers] of Object.entries(HOSTILE)) {
  Deno.test(`\`parseAnswer()\` takes few steps for each octet of ${what}`, async () => {
    const packet = message({ answers });
    assert(packet.length < 65536 + 20_000);
    const steps = await countSteps(() => parseAnswer(packet, QUERY));
    const most = STEPS_PER_OCTET * packet.length;
    assert(steps > 0 && steps < most, `${steps} of ${packet.length} octets`);
  });
}
