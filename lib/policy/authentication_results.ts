// The Authentication-Results field (RFC 8601 section 2.2): written from results, and taken out of a
// header where somebody else claims to be us (section 5). Takes octet strings; refuses to write an
// octet that the grammar does not have. Knows neither signatures nor policy.

import {
  fieldValue,
  type HeaderField,
  parseHeader,
} from "../message/header.ts";
import type { Scheme } from "./options.ts";

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

/** One signature, or that there is none. What is not known is left out, and so is what can not be written. */
export interface MethodResult {
  method: Scheme;
  result: ResultWord;
  /** For a comment. */
  reason: string;
  /** The domain of the address that DomainKeys signs for. */
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

/** Lines have at most this many octets where they can be folded (RFC 5322 section 2.1.1). */
const LINE_OCTETS = 78;

/** No domain name is longer (RFC 1035 section 2.3.4), and nothing else is written that is. */
const VALUE_OCTETS = 253;

/** A site's name for itself that is none is written as this one, which nobody has (RFC 2606 section 2). */
const NO_AUTHSERV_ID = "invalid";

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
  const length = signatureOctets(results);
  const statements = results.length === 0
    ? [["none"]]
    : results.map((result) => formatStatement(result, length));
  const raw = [
    `${AUTHENTICATION_RESULTS}: ${formatValue(authservId) ?? NO_AUTHSERV_ID}`,
    ...statements.map(fold),
  ].join(";\n\t");
  return { name: AUTHENTICATION_RESULTS, raw };
}

/**
 * Tells whether a field is an Authentication-Results field whose authserv-id is this one, in any
 * case, behind comments and folds, quoted, with a final dot or a version, whatever follows.
 */
export function claimsAuthservId(
  field: HeaderField,
  authservId: string,
): boolean {
  if (field.name.toLowerCase() !== AUTHENTICATION_RESULTS.toLowerCase()) {
    return false;
  }
  const ours = normalizeId(authservId);
  const claimed = normalizeId(readAuthservId(fieldValue(field)));
  // What follows may come without a space: whoever reads it as a token stops there.
  const [token] = /^[^"(),/:;<=>?@[\]\\]*/.exec(claimed)!;
  return ours !== "" && (claimed === ours || normalizeId(token) === ours);
}

/**
 * Takes the fields that claim our authserv-id out of a header, and leaves every other octet.
 *
 * @param header As it came, with LF or CRLF. From an empty line on it is not looked at.
 */
export function withoutForgedResults(
  header: string,
  authservId: string,
): string {
  const emptyLine = header.search(/(?<=^|\n)\r?\n/);
  const length = emptyLine === -1 ? header.length : emptyLine;
  let kept = "";
  let at = 0;
  for (const field of parseHeader(header.slice(0, length))) {
    const end = Math.min(at + field.raw.length + 1, length);
    if (!claimsAuthservId(field, authservId)) kept += header.slice(at, end);
    at = end;
  }
  return kept + header.slice(length);
}

function formatStatement(
  result: MethodResult,
  signatureLength: number,
): string[] {
  const properties = {
    "header.from": result.fromDomain,
    "header.d": result.domain,
    "header.s": result.selector,
    "header.a": result.algorithm,
    "header.b": result.signature && formatSignature(result.signature)
      .slice(0, signatureLength),
  };
  const words = [`${result.method}=${result.result}`];
  if (isWritable(result.reason)) {
    words.push(`(${result.reason.replace(/[()\\]/g, "\\$&")})`);
  }
  for (const [name, text] of Object.entries(properties)) {
    const value = formatValue(text ?? "");
    if (value !== undefined) words.push(`${name}=${value}`);
  }
  return words;
}
