// The laws notice what breaks them: each one against a stage or a parser that does.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { toOctets, toText } from "../../lib/message/octets.ts";
import type { Sink, Stage } from "../../lib/message/stage.ts";
import {
  assertEqualsReference,
  assertInverse,
  assertSameForEveryLineEnd,
  assertSameForEverySplit,
  collect,
  everySplit,
  flood,
} from "./laws.ts";

const CHANCE = { seed: 1, rounds: 100 };

/** Hands on what it gets, at once. */
function through(sink: Sink): Stage {
  return { push: sink, end() {} };
}

/** Keeps all chunks and hands them on at the end; the buffers are not its own by then. */
function hoard(sink: Sink): Stage {
  const chunks: Uint8Array[] = [];
  return {
    push: (chunk) => chunks.push(chunk),
    end: () => chunks.forEach(sink),
  };
}

Deno.test("`everySplit()` cuts at every point", () => {
  const cuts = Array.from(
    everySplit(toOctets("abcd")),
    (chunks) => chunks.map(toText).join("|"),
  );
  assertEquals(cuts.slice(0, 3), ["||abcd", "|a|bcd", "|ab|cd"]);
  assertEquals(cuts.slice(-2), ["abcd||", "a|b|c|d"]);
  assertEquals(new Set(cuts).size, 15 + 1);
  assert(cuts.every((cut) => cut.replaceAll("|", "") === "abcd"));
  assertEquals([...everySplit(toOctets("abcd"), 2)].length, 5 + 1);
});

Deno.test("`assertSameForEverySplit()` notices a split", async () => {
  await assertSameForEverySplit("abc", (chunks) => collect(through, chunks));
  const count = (chunks: Uint8Array[]) => `${chunks.length}`;
  await assertRejects(() => assertSameForEverySplit("abc", count), Error);
});

Deno.test("`assertSameForEverySplit()` notices a stage that keeps a buffer", async () => {
  const run = (chunks: Uint8Array[]) => collect(hoard, chunks);
  assertEquals(run([toOctets("abc")]), "\xa5\xa5\xa5");
  const keep = (chunks: Uint8Array[]) => `${run(chunks)} of ${chunks.length}`;
  await assertRejects(() => assertSameForEverySplit("abc", keep), Error);
});

Deno.test("`assertSameForEveryLineEnd()` notices a CR", async () => {
  await assertSameForEveryLineEnd(
    "a\nb\n",
    (text) => text.replaceAll("\r", ""),
  );
  const same = (text: string) => text;
  await assertRejects(() => assertSameForEveryLineEnd("a\nb\n", same), Error);
  // Only where LF and CRLF are mixed does this differ.
  const mixed = (text: string) => /\r\n[^\r]*\n/.test(text) ? "mixed" : "";
  await assertRejects(() => assertSameForEveryLineEnd("a\nb\n", mixed), Error);
});

Deno.test("`assertInverse()` notices what is lost", () => {
  const format = (n: number) => `${n}`;
  assertInverse((random) => random.below(100), format, Number, CHANCE);
  const parse = (text: string) => Number(text[0]);
  const check = () =>
    assertInverse((random) => random.below(100), format, parse, CHANCE);
  assertThrows(check, Error, "seed 1");
});

Deno.test("`assertEqualsReference()` notices a difference", async () => {
  const run = (chunks: Uint8Array[]) => collect(through, chunks);
  const check = (reference: (input: string) => string) =>
    assertEqualsReference(
      (random) => random.text("ab", 0, 5),
      run,
      reference,
      CHANCE,
    );
  await check((input) => input);
  const other = (input: string) => input.replace("bb", "b");
  await assertRejects(() => check(other), Error, "seed 1");
});

Deno.test("`flood()` tells what flows and what is kept", () => {
  const light = flood(through, "ab");
  assertEquals(light.ended.octets, 16 << 20);
  assertEquals(light.ended.runs, 256);
  assert(light.pushed.retainedBytes < 1 << 20);
  const copies: Uint8Array[] = [];
  const heavy = flood(
    () => ({ push: (chunk) => copies.push(chunk.slice()), end() {} }),
    "a",
  );
  assertEquals(heavy.ended.octets, 0);
  assert(heavy.pushed.retainedBytes > 15 << 20);
});
