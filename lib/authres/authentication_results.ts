// The Authentication-Results field (RFC 8601 section 2.2): written from results, and taken out of a
// header where somebody else claims to be us (section 5). Takes octet strings; refuses to write an
// octet that the grammar does not have. Knows neither signatures nor policy.

import { fieldValue, type HeaderField } from "../message/header.ts";

/** The field's name. */
export const AUTHENTICATION_RESULTS = "Authentication-Results";

/** The words of RFC 8601 section 2.7.1. */
export type ResultWord =
  | "pass"
  | "fail"
  | "policy"
  | "neutral"
  | "none"
  | "temperror"
  | "permerror";

/** What became of one signature, or that there is none. What the grammar can not hold is left out. */
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

/** Stands for a host that can not be written: nobody has this name (RFC 2606 section 2). */
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
  const host = formatValue(authservId) ?? NO_AUTHSERV_ID;
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
 * Tells whether a field is an Authentication-Results field with this authserv-id: in any case,
 * behind comments and folds, quoted, with a final dot, with a version, whatever follows.
 */
export function claimsAuthservId(
  field: HeaderField,
  authservId: string,
): boolean {
  if (field.name.toLowerCase() !== AUTHENTICATION_RESULTS.toLowerCase()) {
    return false;
  }
  const ours = normalizeId(authservId).replace(/\.$/, "");
  const value = fieldValue(field);
  return ours !== "" &&
    [ours, `${ours}.`].some((id) => beginsWithId(value, id));
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

/** Ends before white space, control characters, quotes, comments and the semicolon. */
const BARE_WORD = /[!#-'*-:<-~\x80-\xff]*/y;
/** Of such a word what may be in a token (RFC 2045 section 5.1). */
const TOKEN = /[^,/:<=>?@[\\\]]*/y;

/** Tells whether a value begins with an authserv-id, the way anybody might read it. */
function beginsWithId(value: string, ours: string): boolean {
  let id = "";
  let at = skipBlanks(value, 0);
  while (at < value.length && id.length <= ours.length) {
    const isQuoted = value[at] === '"';
    const end = isQuoted ? quoteEnd(value, at) : matchEnd(BARE_WORD, value, at);
    const text = value.slice(at, end);
    const word = normalizeId(isQuoted ? unquote(text) : text);
    // White space and comments may stand around the dots of a host name (RFC 5322 section 4.4).
    const goesOn = id === "" || id.endsWith(".") || word.startsWith(".");
    if (end === at || !goesOn) return false;
    const token = isQuoted ? word : word.slice(0, matchEnd(TOKEN, word, 0));
    if ([id + word, id + token].includes(ours)) return true;
    id += word;
    at = skipBlanks(value, end);
  }
  return false;
}

function matchEnd(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  pattern.test(text);
  return pattern.lastIndex;
}

/** Where a quoted string ends, which is where the value does when it is not closed. */
function quoteEnd(value: string, start: number): number {
  for (let at = start + 1; at < value.length; at++) {
    if (value[at] === "\\") at++;
    else if (value[at] === '"') return at + 1;
  }
  return value.length;
}

function unquote(quoted: string): string {
  return quoted.replace(/^"|"$/g, "").replace(/\\([^])/g, "$1");
}

/** Skips comments, which nest, and white space, for which any control character is taken. */
function skipBlanks(value: string, start: number): number {
  let depth = 0;
  let at = start;
  for (; at < value.length; at++) {
    const char = value[at]!;
    if (char === "(") depth++;
    else if (depth > 0 && char === "\\") at++;
    else if (depth > 0 && char === ")") depth--;
    else if (depth === 0 && char > " " && char !== "\x7f") break;
  }
  return Math.min(at, value.length);
}

/** Lower case, without white space and control characters. */
function normalizeId(id: string): string {
  return id.replace(/[^!-~\x80-\xff]+/g, "").toLowerCase();
}
