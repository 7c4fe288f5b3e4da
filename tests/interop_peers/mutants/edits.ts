// What changes of messages are made of: places, and what is put there. Octet strings, LF line ends.

import type { Random } from "../../support/random.ts";

/** Changes a message by chance; one that it does not fit stays as it is. */
export type Mutate = (text: string, random: Random) => string;

/** Changes by what they do. */
export type Mutations = Record<string, Mutate>;

/** Where the body begins, or where it would. */
export function headerEnd(text: string): number {
  const end = text.indexOf("\n\n");
  return end === -1 ? text.length : end + 1;
}

/** Where each line begins, up to an end. */
export function lineStarts(text: string, end = text.length): number[] {
  const starts = [0];
  for (
    let at = text.indexOf("\n");
    at !== -1;
    at = text.indexOf("\n", at + 1)
  ) {
    if (at + 1 >= end) break;
    starts.push(at + 1);
  }
  return starts;
}

/** Puts octets in place of some. */
export function splice(
  text: string,
  at: number,
  removed: number,
  put: string,
): string {
  return text.slice(0, at) + put + text.slice(at + removed);
}

/** One of the places that a pattern finds, changed. */
export function replaceOne(
  text: string,
  pattern: RegExp,
  random: Random,
  put: (found: string) => string,
): string {
  const places = [...text.matchAll(pattern)];
  if (places.length === 0) return text;
  const { index, 0: found } = random.pick(places);
  return splice(text, index, found.length, put(found));
}
