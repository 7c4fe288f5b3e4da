// White space where a canonicalization may drop it, and folds.

import { headerEnd, type Mutate, type Mutations, replaceOne } from "./edits.ts";

const RUNS = [" ", "  ", "\t", " \t ", "   "];
/** What some take for white space. */
const NO_BLANKS = ["\v", "\f", " \v", "\f ", "\xa0", "\x85", "\x1f"];
const FOLDS = ["\n ", "\n\t", " \n ", "\n \n ", "\n  \n\t", "\r\n ", "\r\r\n "];

/** Changes the header alone. */
function inHeader(mutate: Mutate): Mutate {
  return (text, random) => {
    const end = headerEnd(text);
    return mutate(text.slice(0, end), random) + text.slice(end);
  };
}

function inBody(mutate: Mutate): Mutate {
  return (text, random) => {
    const start = headerEnd(text) + 1;
    return text.slice(0, start) + mutate(text.slice(start), random);
  };
}

const longer: Mutate = (text, random) =>
  replaceOne(text, /[ \t]+/g, random, (run) => run + random.pick(RUNS));
const other: Mutate = (text, random) =>
  replaceOne(text, /[ \t]+/g, random, () => random.pick(RUNS));
const atEnd: Mutate = (text, random) =>
  replaceOne(text, /[ \t]*(?=\n)/g, random, () => random.pick(["", ...RUNS]));

export const WHITE_SPACE_MUTATIONS: Mutations = {
  "a longer run in the header": inHeader(longer),
  "another run in the header": inHeader(other),
  "blanks at a line's end in the header": inHeader(atEnd),
  "a longer run in the body": inBody(longer),
  "another run in the body": inBody(other),
  "blanks at a line's end in the body": inBody(atEnd),
  "blanks taken out": (text, random) =>
    replaceOne(text, /[ \t]+/g, random, () => ""),
  "a blank put in": (text, random) =>
    replaceOne(text, /(?=[^])/g, random, () => random.pick(RUNS)),
  "no blank in place of one": (text, random) =>
    replaceOne(text, /[ \t]+/g, random, () => random.pick(NO_BLANKS)),
  "a run that begins with no blank": (text, random) =>
    replaceOne(
      text,
      /[ \t]+/g,
      random,
      (run) => run + random.pick(NO_BLANKS) + run,
    ),
  "folded": inHeader((text, random) =>
    replaceOne(text, /[ \t]+/g, random, () => random.pick(FOLDS))
  ),
  "folded after a colon": inHeader((text, random) =>
    replaceOne(text, /(?<=^[\w-]+:)[ \t]*/gm, random, () => random.pick(FOLDS))
  ),
  "unfolded": inHeader((text, random) =>
    replaceOne(text, /\n(?=[ \t])/g, random, () => "")
  ),
  "blanks before a colon": inHeader((text, random) =>
    replaceOne(
      text,
      /(?<=^[\w-]+)(?=:)/gm,
      random,
      () => random.pick([...RUNS, "\n ", " \n\t"]),
    )
  ),
  "a continuation of blanks": inHeader((text, random) =>
    replaceOne(
      text,
      /(?<=\n)(?=[^])/g,
      random,
      () => `${random.pick(RUNS)}\n`,
    )
  ),
  "empty lines at the end": (text, random) =>
    text + random.pick(["\n", "\n\n\n", " \n", "\n \t\n", "\r\n", "\r", " "]),
  "no empty lines at the end": (text) => text.replace(/\n+$/, ""),
};
