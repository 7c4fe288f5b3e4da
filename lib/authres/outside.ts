// Whether a message came from outside, and is still from whom it was from then: our own
// Authentication-Results field says so (RFC 8601 section 2.2). Such mail is not ours to vouch for.
// Reads octet strings in whatever form they come; knows no signature.

import { toALabels } from "../message/domain_name.ts";
import { closedEnd, commentEnd } from "../message/enclosed.ts";
import {
  fieldsNamed,
  fieldValue,
  type HeaderField,
} from "../message/header.ts";
import {
  AUTHENTICATION_RESULTS,
  claimsAuthservId,
} from "./authentication_results.ts";

/**
 * Tells whether a field of ours was written for this From. Where none of them names the domain of a
 * From it was of no use then, and nothing shows that a list has put another one in its place.
 *
 * @param fromDomain As From has it.
 * @param authservId Says whose fields are ours; asked only where there is such a field.
 */
export function cameFromOutside(
  fields: HeaderField[],
  fromDomain: string,
  authservId: () => string,
): boolean {
  const results = fieldsNamed(fields, AUTHENTICATION_RESULTS);
  if (results.length === 0) return false;
  const host = authservId();
  const ours = results.filter((field) => claimsAuthservId(field, host));
  if (ours.length === 0) return false;
  const domains = ours.flatMap((field) => authorDomains(fieldValue(field)));
  return domains.length === 0 || domains.includes(normalizeDomain(fromDomain));
}

/** What a field's value has for `header.from`, a domain or an address (RFC 8601 section 2.3). */
function authorDomains(value: string): string[] {
  const domains: string[] = [];
  let words: string[] = [];
  let isValue = false;
  for (const { kind, text } of tokensOf(value)) {
    if (isValue && kind !== "special") {
      domains.push(normalizeDomain(text.slice(text.lastIndexOf("@") + 1)));
    }
    isValue = text === "=" && kind === "special" && endInHeaderFrom(words);
    words = kind === "word" ? [...words.slice(-2), text] : [];
  }
  return domains;
}

/** Around the dot there may be comments and white space. */
function endInHeaderFrom(words: string[]): boolean {
  return [1, 2, 3].some((count) =>
    words.slice(-count).join("").toLowerCase() === "header.from"
  );
}

function normalizeDomain(domain: string): string {
  return (toALabels(domain) ?? domain).toLowerCase();
}

interface Token {
  kind: "word" | "quoted" | "special";
  /** Of a quoted string what it stands for. */
  text: string;
}

// deno-lint-ignore no-control-regex
const WORD = /[^\x00-\x20\x7f"(;=]+/y;

/** All but comments and white space, for which any control character is taken; what is not closed takes the rest. */
function* tokensOf(value: string): Generator<Token> {
  for (let at = 0; at < value.length;) {
    const char = value[at]!;
    if (char === "(") {
      const end = commentEnd(value, at);
      at = end === -1 ? value.length : end;
    } else if (char === '"') {
      const found = closedEnd(value, at, '"');
      const end = found === -1 ? value.length + 1 : found;
      const text = value.slice(at + 1, end - 1).replace(/\\([^])/g, "$1");
      yield { kind: "quoted", text };
      at = end;
    } else if (char === ";" || char === "=") {
      yield { kind: "special", text: char };
      at++;
    } else {
      WORD.lastIndex = at;
      const [text] = WORD.exec(value) ?? [];
      if (text !== undefined) yield { kind: "word", text };
      at += text?.length ?? 1;
    }
  }
}
