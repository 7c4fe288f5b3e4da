// The Authentication-Results field (RFC 8601 section 2.2): written from results, and taken out of a
// header where somebody else claims to be us (section 5). Takes octet strings; refuses to write an
// octet that the grammar does not have. Knows neither signatures nor policy.

import type { HeaderField } from "../message/header.ts";
import { judgeValue, reduceId } from "./authserv_id.ts";
import { AUTHENTICATION_RESULTS, resultsOf } from "./results_name.ts";

export { AUTHENTICATION_RESULTS };

/** The words of RFC 8601 sections 2.7.1 and 2.7.2. */
export type ResultWord =
  | "pass"
  | "fail"
  | "softfail"
  | "policy"
  | "neutral"
  | "none"
  | "temperror"
  | "permerror";

/**
 * A property by its type and name, `header.d` (RFC 8601 section 2.3). Of octets so many are written,
 * as base64, as tell them apart from those of the other results (RFC 6008 section 3).
 */
export type Property = readonly [name: string, value: string | Uint8Array];

/** What one method says of a message. What the grammar cannot hold is left out. */
export interface MethodResult {
  /** What was verified, by its name in the registry (RFC 8601 section 2.7). */
  method: string;
  /** What became of it. */
  result: ResultWord;
  /** For a comment. */
  reason: string;
  /** In this order. */
  properties: readonly Property[];
}

/** A line has at most this many octets where it can be folded (RFC 5322 section 2.1.1). */
const LINE_OCTETS = 78;

/** No domain name is longer (RFC 1035 section 2.3.4); any longer value is left out. */
const VALUE_OCTETS = 253;

/** Stands for a host that cannot be written: nobody has this name (RFC 2606 section 2). */
const NO_AUTHSERV_ID = "invalid";

/** Characters of base64, out of the octets below. */
const BEGINNING_LENGTHS = [8, 16, 32, 64];
const BEGINNING_OCTETS = 48;

/**
 * Writes the field, folded with LF and a tab.
 *
 * @param authservId The name of the host that verified.
 * @returns The field without its last line end.
 */
export function formatAuthenticationResults(
  authservId: string,
  results: MethodResult[],
): HeaderField {
  const host = formatValue(authservIdOf(authservId) ?? NO_AUTHSERV_ID)!;
  const length = lengthOfBeginnings(results);
  const statements = results.map((result) =>
    fold(formatStatement(result, length), 1)
  );
  const raw = [
    fold([`${AUTHENTICATION_RESULTS}:`, host], 0),
    ...(statements.length > 0 ? statements : ["none"]),
  ].join(";\n\t");
  return { name: AUTHENTICATION_RESULTS, raw };
}

/**
 * The name that our own fields bear, and that is looked for in those of others.
 *
 * @returns `undefined` for a name that cannot be written, or of which a reader sees nothing.
 */
export function authservIdOf(name: string): string | undefined {
  return isWritable(name) && reduceId(name) !== "" ? name : undefined;
}

/** The name that our fields bear, in the form in which those of others are compared with it. */
export function reducedAuthservId(authservId: string): string {
  return reduceId(authservIdOf(authservId) ?? NO_AUTHSERV_ID);
}

/**
 * Tells whether a field may be read as an Authentication-Results field with this authserv-id: in any
 * case, after comments and folds, quoted, encoded (RFC 2047), with U-labels, with octets in it
 * that nobody sees, with a version, whatever follows.
 */
export function claimsAuthservId(
  field: HeaderField,
  authservId: string,
): boolean {
  const value = resultsOf(field.raw);
  return value !== undefined &&
    judgeValue(value, reducedAuthservId(authservId)) === "ours";
}

function formatStatement(
  { method, result, reason, properties }: MethodResult,
  length: number,
): string[] {
  const comment = isWritable(reason)
    ? [`(${reason.replace(/[()\\]/g, "\\$&")})`]
    : [];
  return [
    `${method}=${result}`,
    ...comment,
    ...properties.flatMap(([name, content]) => {
      const value = formatValue(
        typeof content === "string" ? content : beginningOf(content, length),
      );
      return value === undefined ? [] : [`${name}=${value}`];
    }),
  ];
}

/** How many characters tell the octets of all results apart, where anything does. */
function lengthOfBeginnings(results: MethodResult[]): number {
  const values = results.flatMap(({ properties }) =>
    properties.map(([, content]) => content)
      .filter((content) => typeof content !== "string")
  );
  const count = (length: number) =>
    new Set(values.map((octets) => beginningOf(octets, length))).size;
  const longest = BEGINNING_LENGTHS.at(-1)!;
  const size = count(longest);
  return BEGINNING_LENGTHS.find((length) => count(length) === size) ?? longest;
}

function beginningOf(octets: Uint8Array, length: number): string {
  return octets.subarray(0, BEGINNING_OCTETS).toBase64().slice(0, length);
}

/** A token (RFC 2045 section 5.1) as it is, any other printable ASCII quoted. */
function formatValue(text: string): string | undefined {
  if (!isWritable(text)) return undefined;
  return /^[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+$/.test(text)
    ? text
    : `"${text.replace(/["\\]/g, "\\$&")}"`;
}

function isWritable(text: string): boolean {
  return text.length <= VALUE_OCTETS && /^[\x20-\x7e]+$/.test(text);
}

/** Puts words on lines; each leaves room for a semicolon. */
function fold([first = "", ...words]: string[], start: number): string {
  let text = first;
  let column = start + first.length;
  for (const word of words) {
    const fits = column + 1 + word.length < LINE_OCTETS;
    text += (fits ? " " : "\n\t") + word;
    column = (fits ? column : 0) + 1 + word.length;
  }
  return text;
}
