// Fuzzing of a parser: texts of a small alphabet, mutations of real ones, and worst cases. Nothing
// may throw, nothing may take long. Knows no parser. FUZZ_FULL=1 makes it ten times as much.

import { assert } from "@std/assert";
import { Random } from "./random.ts";

const FULL = Deno.env.get("FUZZ_FULL") === "1";
const ROUNDS = FULL ? 200_000 : 20_000;

/** What 10 KB may cost. */
const LIMIT_MS = 50;
const SMALL_OCTETS = 10_000;
const LARGE_OCTETS = 1 << 20;

const ALPHABET = "abc:;= \t\r\n";

/** What mutations put in: what some grammar gives a meaning to, and what none does. */
const PIECES = [
  ...'abc:;= \t\r\n,.@<>()[]"\\/|+',
  ..."\0\x07\x7f\x80\xa0\xff",
  "\n ",
  "\r\n\t",
  "b=",
  "bh=",
  "h=from",
  "==",
];

/** What a text may be made of from end to end: single octets, and beginnings of something. */
const OCTETS = [...'()"\\<>[]@,.;:= \t\rab\0\xff'];
const UNITS = [
  ...OCTETS,
  "\n ",
  "=;",
  "a=;",
  "a=b; ",
  "a:",
  "a:;",
  "a@b,",
  "<a@b>,",
  '"" ',
  "() ",
  '("',
  "a.",
  "\\(",
  "@a,",
  "a = ",
  " =",
];

/** A parser, and what it reads. */
export interface Target {
  name: string;
  parse(text: string): unknown;
  /** Real texts. */
  seeds: string[];
  /** Texts around 1 MiB of one octet, before and after it. */
  frames: [before: string, after: string][];
}

/** Makes the tests of one parser. */
export function fuzz(
  { name, parse, seeds, frames }: Target,
  seed: number,
): void {
  Deno.test(`\`${name}()\` throws on none of ${ROUNDS} texts`, () => {
    const random = new Random(seed);
    for (let round = 0; round < ROUNDS; round++) {
      const text = random.oneIn(2)
        ? random.text(ALPHABET, 0, 40)
        : mutate(random, random.pick(seeds));
      const note = `seed ${seed}, round ${round}`;
      assert(takes(parse, text, note) < LIMIT_MS, `${note}: too slow`);
    }
  });

  Deno.test(`\`${name}()\` takes less than ${LIMIT_MS} ms for 10 KB of anything`, () => {
    for (const text of monotonous(UNITS, seeds, SMALL_OCTETS)) {
      const note = JSON.stringify(text.slice(0, 60));
      assert(takes(parse, text, note) < LIMIT_MS, `${note}… is too slow`);
    }
  });

  Deno.test(`\`${name}()\` throws on no text of 1 MiB of one octet`, () => {
    for (const octet of OCTETS) {
      const run = octet.repeat(LARGE_OCTETS);
      for (const [before, after] of frames) {
        const note = `${before}${JSON.stringify(octet)}…${after}`;
        takes(parse, before + run + after, note, 1);
      }
    }
  });
}

/** The time of the fastest of a few runs: the machine does other things too. */
function takes(
  parse: (text: string) => unknown,
  text: string,
  note: string,
  runs = 3,
): number {
  let fastest = Infinity;
  for (let run = 0; run < runs && fastest >= LIMIT_MS; run++) {
    const start = performance.now();
    try {
      parse(text);
    } catch (error) {
      throw new Error(
        `Threw at ${note}: ${JSON.stringify(text.slice(0, 2000))}`,
        {
          cause: error,
        },
      );
    }
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}

function mutate(random: Random, text: string): string {
  let mutant = text;
  for (let times = 1 + random.below(4); times > 0; times--) {
    const at = random.below(mutant.length + 1);
    const to = at + random.below(random.oneIn(4) ? 40 : 3);
    const piece = random.oneIn(8)
      ? mutant.slice(random.below(mutant.length + 1)).slice(0, 60)
      : random.text(PIECES, 0, 2);
    mutant = mutant.slice(0, at) + piece + mutant.slice(to);
  }
  return mutant;
}

/** Each unit over and over: alone, and in a real text. */
function* monotonous(
  units: string[],
  seeds: string[],
  octets: number,
): Generator<string> {
  for (const unit of units) {
    const run = unit.repeat(octets / unit.length);
    yield run;
    for (const seed of seeds) {
      for (const at of [0, Math.floor(seed.length / 2), seed.length]) {
        yield seed.slice(0, at) + run + seed.slice(at);
      }
    }
  }
}
