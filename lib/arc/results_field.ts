// The ARC-Authentication-Results field (RFC 8617 section 4.1.1): an instance, then what an
// Authentication-Results field has. Knows no result.

import { commentEnd } from "../message/enclosed.ts";
import { fieldValue, type HeaderField } from "../message/header.ts";
import { parseInstance } from "./instance.ts";

/** The field's name. */
export const ARC_AUTHENTICATION_RESULTS = "ARC-Authentication-Results";

/** What an ARC-Authentication-Results field holds. */
export interface ArcResults {
  /** `i=` */
  instance: number;
  /** What follows the first semicolon, folded as it came. */
  results: string;
}

/**
 * Reads an ARC-Authentication-Results field.
 *
 * @returns `undefined` where it does not begin with an instance and a semicolon.
 */
export function parseArcResults(field: HeaderField): ArcResults | undefined {
  const value = fieldValue(field);
  let at = skipBlanks(value, 0);
  for (const char of ["i", "="]) {
    if (value[at] !== char) return undefined;
    at = skipBlanks(value, at + 1);
  }
  const [digits = ""] = /^[0-9]*/.exec(value.slice(at, at + 3))!;
  const instance = parseInstance(digits);
  at = skipBlanks(value, at + digits.length);
  return instance === undefined || value[at] !== ";"
    ? undefined
    : { instance, results: value.slice(at + 1) };
}

/**
 * Writes an ARC-Authentication-Results field.
 *
 * @param results The value of an Authentication-Results field, folded with LF and white space.
 * @returns The field without its last line end.
 */
export function formatArcResults(
  { instance, results }: ArcResults,
): HeaderField {
  const rest = results.replace(/^[ \t\n]+/, "");
  return {
    name: ARC_AUTHENTICATION_RESULTS,
    raw: `${ARC_AUTHENTICATION_RESULTS}: i=${instance};\n\t${rest}`,
  };
}

/** White space, and comments that are closed. */
function skipBlanks(value: string, start: number): number {
  let at = start;
  while (at < value.length) {
    const char = value[at]!;
    const end = char === "(" ? commentEnd(value, at) : at + 1;
    if (!" \t\r\n(".includes(char) || end === -1) break;
    at = end;
  }
  return at;
}
