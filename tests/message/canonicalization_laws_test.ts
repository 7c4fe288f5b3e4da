// The laws for the body canonicalizations: any split, any line ends, the RFCs' prose, bounded state.

import { assert, assertEquals } from "@std/assert";
import { toOctets } from "../../lib/message/octets.ts";
import type { Sink, Stage } from "../../lib/message/stage.ts";
import {
  type BodyForm,
  canonicalizeBody,
  FORMS,
  NormalizedBody,
} from "../support/bodies.ts";
import {
  assertEqualsReference,
  assertSameForEveryLineEnd,
  assertSameForEverySplit,
  flood,
} from "../support/laws.ts";
import { linesOf } from "../support/reference.ts";

const BODIES = [
  "",
  "\n",
  "a",
  "a\r",
  "\ra \t\r\n\r\n \t\r\nb\rc  d\n\n\t",
  " \n\n  a \t b\r\r\n \n\n",
  "\r\n\r\n\r\n",
  "a \r b\n \r\n\r",
  "\n\ta\n \t\n \n",
];

const MIB = 1 << 20;

/** What is pushed over and over, and the octets of each form when it ends. */
const FLOODS: Record<string, [unit: string, ...octets: number[]]> = {
  "line breaks": ["\n", 2, 0, 0, 0],
  "spaces": [" ", 16 * MIB + 2, 0, 16 * MIB + 4, 0],
  "CRs": ["\r", 16 * MIB + 2, 16 * MIB + 2, 16 * MIB + 4, 0],
  "one endless line": [
    "a",
    16 * MIB + 2,
    16 * MIB + 2,
    16 * MIB + 4,
    16 * MIB + 4,
  ],
  "lines of one space": [" \n", 24 * MIB, 0, 24 * MIB + 2, 0],
  "lines of one octet": ["a\n", 24 * MIB, 24 * MIB, 24 * MIB + 2, 24 * MIB + 2],
  "octets and spaces": [
    "a ",
    16 * MIB + 2,
    16 * MIB + 1,
    16 * MIB + 4,
    8 * MIB + 4,
  ],
};

for (const [n, form] of FORMS.entries()) {
  Deno.test(`${form.name} is the same for every split`, async () => {
    for (const body of BODIES) {
      await assertSameForEverySplit(
        body,
        (chunks) => canonicalizeBody(form, chunks),
      );
    }
  });

  Deno.test(`${form.name} is the same for LF and CRLF`, async () => {
    for (const body of BODIES.map((body) => body.replaceAll("\r", ""))) {
      await assertSameForEveryLineEnd(
        body,
        (text) => canonicalizeBody(form, [toOctets(text)]),
      );
    }
  });

  Deno.test(`${form.name} equals the RFC written down`, () =>
    assertEqualsReference(
      (random) => random.text("ab: \t\r\n\n", 0, 16),
      (chunks) => canonicalizeBody(form, chunks),
      (body) => form.reference(linesOf(body)),
      { seed: 7 + n, rounds: 10_000 },
    ));

  for (const [name, [unit, ...octets]] of Object.entries(FLOODS)) {
    Deno.test(`${form.name} stays small on 16 MiB of ${name}`, () => {
      const { pushed, ended } = flood(
        (sink) => new NormalizedBody(form, sink),
        unit,
      );
      assertEquals(ended.octets, octets[n]);
      // LineEnds and the body may each cut a chunk in two.
      assert(ended.runs <= 4 * 256 + 2, `${ended.runs} runs`);
      assert(ended.bufferBytes <= 2 * (64 << 10) + 1, `${ended.bufferBytes}`);
      assert(pushed.retainedBytes < MIB, `${pushed.retainedBytes} kept`);
    });
  }

  Deno.test(`${form.name} counts 16 MiB of line breaks, and writes them in blocks`, () => {
    const { pushed, ended } = flood(
      (sink) => followedBy("b", form, sink),
      "\n",
    );
    assertEquals(pushed.octets, 0);
    const opening = n < 2 ? 0 : 2;
    assertEquals(ended.octets, opening + 2 * 16 * MIB + "b\r\n".length);
    assert(ended.runs <= 16 * MIB / 1024, `${ended.runs} runs`);
    assert(pushed.retainedBytes < MIB, `${pushed.retainedBytes} kept`);
  });
}

/** A body that has more to it when all seems said. */
function followedBy(more: string, form: BodyForm, sink: Sink): Stage {
  const body = new NormalizedBody(form, sink);
  return {
    push: (chunk) => body.push(chunk),
    end() {
      body.push(toOctets(more));
      body.end();
    },
  };
}
