// Signed messages, changed 20,000 times: what passes here is shown to people as it was signed, and
// what others decide otherwise has a reason. INTEROP_SEED and INTEROP_MUTANTS choose others.

import { assert, assertEquals } from "@std/assert";
import { EXPLANATIONS } from "./mutants/deviations.ts";
import { REASONS } from "./mutants/disputes.ts";
import {
  formatCounts,
  formatDeviations,
  formatDisputes,
} from "./mutants/report.ts";
import { READERS } from "./mutants/readers.ts";
import { type Outcome, runFuzz } from "./mutants/run.ts";
import { VERIFIERS } from "./mutants/verifiers.ts";

const SEED = 4870;
const COUNT = 20_000;

const seed = Number(Deno.env.get("INTEROP_SEED") ?? SEED);
const count = Number(Deno.env.get("INTEROP_MUTANTS") ?? COUNT);
/** Another seed may find every reason at work, or not. */
const isUsual = seed === SEED && count === COUNT;
const missing = [...READERS, ...VERIFIERS].flatMap((one) =>
  one.missing === undefined ? [] : [`${one.name}: ${one.missing}`]
);
const note = `seed ${seed}, ${count} mutants`;

let running: Promise<Outcome> | undefined;

/** All tests look at the same run. */
function outcomeOf(): Promise<Outcome> {
  running ??= runFuzz(seed, count);
  return running;
}

function test(
  name: string,
  body: (outcome: Outcome) => void,
  needs: string[] = [],
): void {
  Deno.test({
    name: needs.length === 0 ? name : `${name} (ignored: ${needs.join(", ")})`,
    ignore: needs.length > 0,
    fn: async () => body(await outcomeOf()),
  });
}

test("each message passes before it is changed, and enough of them afterwards", (outcome) => {
  assertEquals(outcome.faults, []);
  assertEquals(outcome.mutants, count);
  assert(outcome.passed > count / 10, `${outcome.passed} of ${count}`);
});

for (const { name, ways, missing } of READERS) {
  test(
    `\`${name}\` shows what was signed, or a sentence says why not`,
    ({ deviations }) => {
      const unexplained = deviations.filter(({ reader, explanations }) =>
        ways.test(reader) && explanations.length === 0
      );
      assertEquals(
        unexplained.length,
        0,
        `${note}\n${formatDeviations(unexplained)}`,
      );
    },
    missing === undefined ? [] : [missing],
  );
}

for (const { name, missing } of VERIFIERS) {
  test(
    `\`${name}\` decides as \`verify()\` does, or a sentence says why not`,
    ({ disputes }) => {
      const unexplained = disputes.filter(({ peer, reason }) =>
        peer === name && reason === undefined
      );
      assertEquals(
        unexplained.length,
        0,
        `${note}\n${formatDisputes(unexplained)}`,
      );
    },
    missing === undefined ? [] : [missing],
  );
}

test(
  "every explanation and every reason is at work",
  ({ deviations, disputes }) => {
    const used = new Set<unknown>([
      ...deviations.flatMap(({ explanations }) => explanations),
      ...disputes.map(({ reason }) => reason),
    ]);
    const idle = [...EXPLANATIONS, ...REASONS].filter((one) => !used.has(one))
      .map(({ why }) => why);
    assertEquals(idle, []);
  },
  isUsual ? missing : [...missing, "another seed or count"],
);

Deno.test.afterAll(async () => {
  if (running !== undefined) console.log(formatCounts(await running, note));
});
