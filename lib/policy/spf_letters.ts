// SPFVERIFY: the letters of what SPF says of a client, or a digit of the SPF patch's SPFBEHAVIOR. A
// file of its own, since whoever does not ask for SPF does not load it. Knows no message.

import type { SpfResult } from "../spf/finding.ts";

/** Each result, by its letter in upper case. */
export const SPF_LETTERS = {
  pass: "A",
  fail: "B",
  softfail: "C",
  neutral: "D",
  none: "E",
  temperror: "F",
  permerror: "G",
} as const satisfies Record<SpfResult, string>;

/** A letter of {@linkcode SPF_LETTERS}. */
export type SpfLetter = (typeof SPF_LETTERS)[SpfResult];

/** What each digit of SPFBEHAVIOR refuses. */
const BEHAVIORS = ["", "", "f", "fB", "fBC", "fBCD", "fBCDEG"];

/**
 * Reads SPFVERIFY.
 *
 * @returns The letters of what is refused.
 * @throws {SyntaxError} For a digit that the SPF patch does not have.
 */
export function parseSpfLetters(text: string): string {
  if (!/^[0-9]$/.test(text)) return text;
  const letters = BEHAVIORS[Number(text)];
  if (letters !== undefined) return letters;
  throw new SyntaxError(
    `Cannot use "${text}" for SPFVERIFY: give letters, or a digit from 0 to 6`,
  );
}
