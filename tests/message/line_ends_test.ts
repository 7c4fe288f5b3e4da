// LineEnds: which CRs belong to a line end, that no split point matters, and that nothing piles up.

import { assert, assertEquals } from "@std/assert";
import { LineEnds } from "../../lib/message/line_ends.ts";
import { toOctets } from "../../lib/message/octets.ts";
import {
  assertEqualsReference,
  assertSameForEveryLineEnd,
  assertSameForEverySplit,
  collect,
  feed,
  flood,
} from "../support/laws.ts";
import { linesOf } from "../support/reference.ts";

const ROWS: Record<string, [input: string, output: string, bareCrs: number]> = {
  "nothing": ["", "", 0],
  "LF line ends": ["a\nb\n", "a\nb\n", 0],
  "CRLF line ends": ["a\r\nb\r\n", "a\nb\n", 0],
  "an unterminated last line": ["a\nb", "a\nb\n", 0],
  "empty lines": ["\n\r\n\n", "\n\n\n", 0],
  "a CR inside a line": ["a\rb\n", "a\rb\n", 1],
  "a CR before CRLF": ["a\r\r\n", "a\r\n", 1],
  "many CRs before LF": ["a\r\r\r\r\n", "a\r\r\r\n", 3],
  "a CR at the very end": ["a\r", "a\r\n", 1],
  "a CR alone": ["\r", "\r\n", 1],
  "CRs alone": ["\r\r", "\r\r\n", 2],
  "LF before CR": ["a\n\rb", "a\n\rb\n", 1],
  "octets of all kinds": ["\x00\x7f\x80\xff\v\f", "\x00\x7f\x80\xff\v\f\n", 0],
};

for (const [name, [input, output, bareCrs]] of Object.entries(ROWS)) {
  Deno.test(`\`LineEnds\` reads ${name}`, () => {
    assertEquals(lineEnds([toOctets(input)]), `${output} ${bareCrs}`);
  });
}

Deno.test("`LineEnds` gives the same for every split", async () => {
  for (const [input] of Object.values(ROWS)) {
    await assertSameForEverySplit(input, lineEnds);
  }
  await assertSameForEverySplit("a\r\nb\r\r\n\r\rc\n\n\rd\r\n\r\n\r", lineEnds);
});

Deno.test("`LineEnds` gives the same for LF and CRLF", async () => {
  for (const input of ["", "a", "a\nb\n\n", "\n\na b\tc\n\nd"]) {
    await assertSameForEveryLineEnd(
      input,
      (text) => lineEnds([toOctets(text)]),
    );
  }
});

Deno.test("`LineEnds` equals the rule written down", () =>
  assertEqualsReference(
    (random) => random.text("ab \r\r\n\n", 0, 20),
    lineEnds,
    (input) => {
      const output = linesOf(input).map((line) => line + "\n").join("");
      return `${output} ${output.split("\r").length - 1}`;
    },
    { seed: 1, rounds: 5000 },
  ));

Deno.test("`LineEnds` hands a chunk without CR on uncopied", () => {
  const chunk = toOctets("a\nb");
  const runs: Uint8Array[] = [];
  new LineEnds((run) => runs.push(run)).push(chunk);
  assertEquals(runs.map((run) => run === chunk), [true]);
});

const FLOODS: Record<string, [unit: string, octets: number]> = {
  "LFs": ["\n", 16 << 20],
  "CRLFs": ["\r\n", 8 << 20],
  "CRs": ["\r", (16 << 20) + 1],
  "one endless line": ["a", (16 << 20) + 1],
};

for (const [name, [unit, octets]] of Object.entries(FLOODS)) {
  Deno.test(`\`LineEnds\` stays small on 16 MiB of ${name}`, () => {
    const { pushed, ended } = flood((sink) => new LineEnds(sink), unit);
    assertEquals(ended.octets, octets);
    assert(ended.runs <= 2 * 256 + 2, `${ended.runs} runs`);
    assert(ended.bufferBytes <= 64 << 10, `${ended.bufferBytes} in a buffer`);
    assert(pushed.retainedBytes < 1 << 20, `${pushed.retainedBytes} kept`);
  });
}

/** The output, and the number of CRs that end no line. */
function lineEnds(chunks: Uint8Array[]): string {
  let stage: LineEnds | undefined;
  const output = collect((sink) => stage = new LineEnds(sink), chunks);
  return `${output} ${stage!.bareCrs}`;
}

Deno.test("`LineEnds` counts lone CRs as they come", () => {
  const stage = new LineEnds(() => {});
  feed(stage, [toOctets("a\rb\r"), toOctets("c\r\n")]);
  assertEquals(stage.bareCrs, 2);
});
