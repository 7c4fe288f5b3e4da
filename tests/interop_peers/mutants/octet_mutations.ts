// Single octets and single lines, anywhere in a message.

import { headerEnd, lineStarts, type Mutations, splice } from "./edits.ts";
import type { Random } from "../../support/random.ts";

const OCTETS = [
  ..."\0\t\v\f\r \x1c\x7f\x80\x85\xa0\xad\xff",
  ...'aAzZ09:;=.,<>@()[]"\\-_+/?',
];

/** Half of all places are in the header. */
function placeIn(text: string, random: Random): number {
  return random.below(random.oneIn(2) ? headerEnd(text) : text.length);
}

function lineIn(text: string, random: Random): { at: number; line: string } {
  const end = random.oneIn(2) ? headerEnd(text) : text.length;
  const at = random.pick(lineStarts(text, end));
  const next = text.indexOf("\n", at);
  return { at, line: text.slice(at, next === -1 ? text.length : next + 1) };
}

export const OCTET_MUTATIONS: Mutations = {
  "an octet changed": (text, random) =>
    splice(text, placeIn(text, random), 1, random.pick(OCTETS)),
  "octets put in": (text, random) =>
    splice(text, placeIn(text, random), 0, random.text(OCTETS, 1, 3)),
  "octets taken out": (text, random) =>
    splice(text, placeIn(text, random), 1 + random.below(3), ""),
  "case changed": (text, random) => {
    const at = placeIn(text, random);
    const run = text.slice(at, at + 8);
    return splice(
      text,
      at,
      8,
      random.oneIn(2) ? run.toUpperCase() : run.toLowerCase(),
    );
  },
  "a line doubled": (text, random) => {
    const { at, line } = lineIn(text, random);
    return splice(text, at, 0, line);
  },
  "a line taken out": (text, random) => {
    const { at, line } = lineIn(text, random);
    return splice(text, at, line.length, "");
  },
  "a line moved": (text, random) => {
    const { at, line } = lineIn(text, random);
    const without = splice(text, at, line.length, "");
    return splice(without, random.pick(lineStarts(without)), 0, line);
  },
  "a line parted": (text, random) =>
    splice(text, placeIn(text, random), 0, "\n"),
  "lines joined": (text, random) => {
    const { at, line } = lineIn(text, random);
    return splice(text, at + line.length - 1, 1, "");
  },
};
