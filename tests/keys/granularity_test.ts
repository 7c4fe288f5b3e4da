// g= of a key record against local parts (RFC 4871 section 3.6.1), in time whatever it holds.

import { assert, assertEquals } from "@std/assert";
import { matchesGranularity } from "../../lib/keys/granularity.ts";
import { countSteps } from "../support/steps.ts";
import { Random } from "../support/random.ts";

const GRANULARITIES: Record<
  string,
  [granularity: string, localPart: string, matches: boolean]
> = {
  "one name": ["bob", "bob", true],
  "not another": ["bob", "alice", false],
  "not a longer one": ["bob", "bobby", false],
  "not in another case": ["bob", "Bob", false],
  "everybody": ["*", "bob", true],
  "nobody's empty name": ["*", "", true],
  "nobody": ["", "bob", false],
  "nobody, not even an empty name": ["", "", false],
  "a beginning": ["bob-*", "bob-news", true],
  "a beginning and nothing": ["bob-*", "bob-", true],
  "not half a beginning": ["bob-*", "bob", false],
  "an end": ["*-news", "bob-news", true],
  "not half an end": ["*-news", "news", false],
  "both ends": ["a*b", "a-b", true],
  "not ends that overlap": ["aba*aba", "ababa", false],
  "parts in their order": ["a*b*c", "a1b2c", true],
  "not parts out of it": ["a*b*c", "acb", false],
  "stars beside each other": ["a**c", "ac", true],
  "a pattern's own characters": ["a.c*", "abc", false],
};
for (
  const [name, [granularity, local, matches]] of Object.entries(GRANULARITIES)
) {
  Deno.test(`\`matchesGranularity()\` allows ${name}`, () => {
    assertEquals(matchesGranularity(granularity, local), matches);
  });
}

Deno.test("`matchesGranularity()` equals a regular expression", () => {
  const random = new Random(62);
  for (let round = 0; round < 20_000; round++) {
    const granularity = random.text("ab*", 1, 6);
    const local = random.text("ab", 0, 8);
    const pattern = new RegExp(`^${granularity.replaceAll("*", ".*")}$`);
    const note = `seed 62: ${granularity} ${local}`;
    assertEquals(
      matchesGranularity(granularity, local),
      pattern.test(local),
      note,
    );
  }
});

Deno.test("`matchesGranularity()` is linear in both texts, whatever they hold", async () => {
  const half = 50_000;
  const a = "a".repeat(2 * half);
  const b = "ab".repeat(half);
  for (
    const [granularity, local] of [
      ["*a".repeat(half), a],
      [`*${a.slice(half)}b*`, a],
      [`*b${a.slice(half)}*`, a],
      [`*ab${a.slice(half)}*`, a],
      [`*${b.slice(half)}a*`, b],
      ["*".repeat(2 * half), a],
    ] as const
  ) {
    const steps = await countSteps(() =>
      matchesGranularity(granularity, local)
    );
    const octets = granularity.length + local.length;
    assert(steps < 5 * octets, `${granularity.slice(0, 20)}: ${steps} steps`);
  }
});
