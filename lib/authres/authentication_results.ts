// The Authentication-Results field (RFC 8601 section 2.2): written from results, and taken out of a
// header where somebody else claims to be us (section 5). Takes octet strings; refuses to write an
// octet that the grammar does not have. Knows neither signatures nor policy.

import type { HeaderField } from "../message/header.ts";
import { judgeValue, reduceId } from "./authserv_id.ts";
import { AUTHENTICATION_RESULTS, resultsOf } from "./results_name.ts";

export { AUTHENTICATION_RESULTS };

/** The words of RFC 8601 section 2.7.1. */
export type ResultWord =
  | "pass"
  | "fail"
  | "policy"
  | "neutral"
  | "none"
  | "temperror"
  | "permerror";

/** What became of one signature, or that there is none. What the grammar cannot hold is left out. */
export interface MethodResult {
  /** What was verified, by its name in the registry (RFC 8601 section 2.7). */
  method: string;
  /** What became of it. */
  result: ResultWord;
  /** For a comment. */
  reason: string;
  /** The domain of the Sender, where DomainKeys looks at that. */
  senderDomain?: string;
  /** The domain of From. */
  fromDomain?: string;
  /** `d=` */
  domain?: string;
  /** `s=` */
  selector?: string;
  /** `a=` */
  algorithm?: string;
  /** `b=`, decoded. */
  signature?: Uint8Array;
}

/** A line has at most this many octets where it can be folded (RFC 5322 section 2.1.1). */
const LINE_OCTETS = 78;

/** No domain name is longer (RFC 1035 section 2.3.4); any longer value is left out. */
const VALUE_OCTETS = 253;

/** Stands for a host that cannot be written: nobody has this name (RFC 2606 section 2). */
const NO_AUTHSERV_ID = "invalid";

/** Characters of `b=`: as many as tell the signatures apart (RFC 6008 section 3), out of the octets below. */
const SIGNATURE_LENGTHS = [8, 16, 32, 64];
const SIGNATURE_OCTETS = 48;

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
  const signatures = formatSignatures(results);
  const statements = results.map((result, n) =>
    fold(formatStatement(result, signatures[n]), 1)
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
  result: MethodResult,
  signature: string | undefined,
): string[] {
  const comment = isWritable(result.reason)
    ? [`(${result.reason.replace(/[()\\]/g, "\\$&")})`]
    : [];
  const properties = {
    "header.sender": result.senderDomain,
    "header.from": result.fromDomain,
    "header.d": result.domain,
    "header.s": result.selector,
    "header.a": result.algorithm,
    "header.b": signature,
  };
  return [
    `${result.method}=${result.result}`,
    ...comment,
    ...Object.entries(properties).flatMap(([name, text = ""]) => {
      const value = formatValue(text);
      return value === undefined ? [] : [`${name}=${value}`];
    }),
  ];
}

/** The beginnings of the signatures, long enough to tell them apart where anything does. */
function formatSignatures(results: MethodResult[]): (string | undefined)[] {
  const texts = results.map(({ signature }) =>
    signature?.subarray(0, SIGNATURE_OCTETS).toBase64()
  );
  const beginnings = (length?: number) =>
    texts.map((text) => text?.slice(0, length));
  const { size } = new Set(texts);
  const length = SIGNATURE_LENGTHS.find((length) =>
    new Set(beginnings(length)).size === size
  );
  return beginnings(length);
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
