// What came out, for a person: the smallest example of each kind, and how many there are. Messages
// are escaped.

import type { Deviation, Dispute, Outcome } from "./run.ts";
import type { Mutant } from "./mutations.ts";

/** So many kinds are printed. */
const MOST = 12;

/** One example of each kind of deviation. */
export function formatDeviations(deviations: Deviation[]): string {
  return formatKinds(
    deviations,
    ({ mutant, reader }) =>
      `${reader}, ${wayOf(mutant)}, ${mutant.steps.join(" + ")}`,
    ({
      mutant,
      differences,
    }) => [describe(mutant), ...differences],
  );
}

/** One example of each kind of difference to a peer. */
export function formatDisputes(disputes: Dispute[]): string {
  return formatKinds(
    disputes,
    ({ mutant, peer, ours, theirs }) =>
      `${peer}, ${wayOf(mutant)}: "${ours}" here, "${
        theirs.slice(0, 80)
      }" there`,
    (
      { mutant },
    ) => [describe(mutant)],
  );
}

/** How many there are of each kind. */
export function formatCounts(
  { bases, mutants, passed, decided, deviations, disputes }: Outcome,
  note: string,
): string {
  const lines = [
    `${bases} signed messages, ${mutants} mutants, ${passed} passed (${note})`,
    ...countKinds(
      deviations,
      ({ reader, explanations }) =>
        `${reader} ${
          explanations.length > 1 ? "does several of these" : explanations
            .map(({ why, section }) => `${why} (${section})`)[0] ??
            "is not explained"
        }`,
    ),
    ...Array.from(decided, ([peer, count]) => `${peer}: ${count} decisions`),
    ...countKinds(
      disputes,
      ({ mutant, peer, reason }) =>
        `${peer}, ${mutant.base.way.scheme}: ${
          reason === undefined
            ? "is not explained"
            : `${reason.why} (${reason.section})`
        }`,
    ),
  ];
  return lines.join("\n");
}

function formatKinds<Item extends { mutant: Mutant }>(
  items: Item[],
  kindOf: (item: Item) => string,
  describeItem: (item: Item) => string[],
): string {
  const kinds = [...Map.groupBy(items, kindOf)].map(([kind, all]) => {
    const [smallest] = all.toSorted((one, other) =>
      one.mutant.steps.length - other.mutant.steps.length ||
      one.mutant.text.length - other.mutant.text.length
    );
    return { kind, count: all.length, smallest: smallest! };
  });
  return kinds
    .toSorted((one, other) =>
      one.smallest.mutant.steps.length - other.smallest.mutant.steps.length
    )
    .slice(0, MOST)
    .map(({ kind, count, smallest }) =>
      [`${count} times: ${kind}`, ...describeItem(smallest)].join("\n  ")
    )
    .join("\n");
}

function countKinds<Item>(
  items: Item[],
  kindOf: (item: Item) => string,
): string[] {
  const counts = Map.groupBy(items, kindOf);
  return [...counts].sort().map(([kind, all]) =>
    `${String(all.length).padStart(6)} ${kind}`
  );
}

function wayOf({ base: { way } }: Mutant): string {
  return `${way.scheme} ${way.canonicalization}`;
}

/** What was done, where it differs, and the whole message. */
function describe({ base, steps, text }: Mutant): string {
  const signed = base.text;
  const limit = Math.min(signed.length, text.length);
  let start = 0;
  while (start < limit && signed[start] === text[start]) start++;
  let end = 0;
  while (
    end < limit - start &&
    signed[signed.length - 1 - end] === text[text.length - 1 - end]
  ) end++;
  const was = JSON.stringify(signed.slice(start, signed.length - end));
  const is = JSON.stringify(text.slice(start, text.length - end));
  return [
    `"${base.name}", ${base.way.algorithm}: ${steps.join(", then ")}`,
    `  at ${start}: ${was} became ${is}`,
    `  ${JSON.stringify(text)}`,
  ].join("\n");
}
