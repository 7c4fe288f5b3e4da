// A few changes to a signed message, by chance: of octets, lines, white space and fields, of where
// header and body part, and of line ends. Octet strings; knows no verdict.

import type { Random } from "../../support/random.ts";
import type { Base } from "./bases.ts";
import type { Mutations } from "./edits.ts";
import { FIELD_MUTATIONS } from "./field_mutations.ts";
import { LINE_END_MUTATIONS } from "./line_end_mutations.ts";
import { OCTET_MUTATIONS } from "./octet_mutations.ts";
import { TAG_MUTATIONS } from "./tag_mutations.ts";
import { WHITE_SPACE_MUTATIONS } from "./white_space_mutations.ts";

/** A signed message that has been changed. */
export interface Mutant {
  base: Base;
  /** What was done, in order. */
  steps: string[];
  text: string;
}

/** How often each kind is taken: what no signature covers is where readers are deceived. */
const KINDS: readonly Mutations[] = [
  OCTET_MUTATIONS,
  WHITE_SPACE_MUTATIONS,
  WHITE_SPACE_MUTATIONS,
  FIELD_MUTATIONS,
  FIELD_MUTATIONS,
  FIELD_MUTATIONS,
  TAG_MUTATIONS,
];

/** One to three changes, and now and then other line ends. */
export function mutate(random: Random, bases: readonly Base[]): Mutant {
  const base = random.pick(bases);
  const steps: string[] = [];
  let { text } = base;
  const step = (mutations: Mutations): void => {
    const name = random.pick(Object.keys(mutations));
    const changed = mutations[name]!(text, random);
    if (changed !== text) steps.push(name);
    text = changed;
  };
  const times = random.pick([1, 1, 1, 2, 2, 3]);
  while (steps.length < times) step(random.pick(KINDS));
  if (random.oneIn(3)) step(LINE_END_MUTATIONS);
  return { base, steps, text };
}
