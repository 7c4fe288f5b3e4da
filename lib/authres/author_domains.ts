// Finds the author in an Authentication-Results field: its `header.from` (RFC 8601 section 2.2), in any
// form. Takes octet strings. Knows no authserv-id.

import { toALabels } from "../message/domain_name.ts";
import { closedEnd, commentEnd } from "../message/enclosed.ts";

/** Reads each `header.from` of a field's value, a domain or an address (RFC 8601 section 2.3). */
export function authorDomains(value: string): string[] {
  return domainsIn(tokensOf(value));
}

/** Longer results are not read: a chain may have fifty of them. */
const MAX_RESULTS_OCTETS = 8192;

/** Reads the same from statements with `dmarc=pass` alone. A value over 8 KiB gives none. */
export function dmarcPasses(value: string): string[] {
  if (value.length > MAX_RESULTS_OCTETS) return [];
  return statementsOf(value).filter(isDmarcPass).flatMap(domainsIn);
}

function statementsOf(value: string): Token[][] {
  const statements: Token[][] = [[]];
  for (const token of tokensOf(value)) {
    if (token.kind === "special" && token.text === ";") statements.push([]);
    else statements.at(-1)!.push(token);
  }
  return statements;
}

/** The method may have its version (RFC 8601 section 2.2). */
function isDmarcPass([method, equals, result]: Token[]): boolean {
  return method?.kind === "word" && /^dmarc(?:\/1)?$/i.test(method.text) &&
    equals?.kind === "special" && equals.text === "=" &&
    result?.kind === "word" && result.text.toLowerCase() === "pass";
}

function domainsIn(tokens: Iterable<Token>): string[] {
  const domains: string[] = [];
  let words: string[] = [];
  let isValue = false;
  for (const { kind, text } of tokens) {
    if (isValue && kind !== "special") {
      domains.push(normalizeDomain(text.slice(text.lastIndexOf("@") + 1)));
    }
    isValue = text === "=" && kind === "special" && endInHeaderFrom(words);
    words = kind === "word" ? [...words.slice(-2), text] : [];
  }
  return domains;
}

/** Comments and white space may stand around the dot. */
function endInHeaderFrom(words: string[]): boolean {
  return [1, 2, 3].some((count) =>
    words.slice(-count).join("").toLowerCase() === "header.from"
  );
}

/** Writes a domain for the comparison. */
export function normalizeDomain(domain: string): string {
  return (toALabels(domain) ?? domain).toLowerCase();
}

interface Token {
  kind: "word" | "quoted" | "special";
  /** Of a quoted string what it stands for. */
  text: string;
}

// deno-lint-ignore no-control-regex
const WORD = /[^\x00-\x20\x7f"(;=]+/y;

/**
 * Drops comments and white space, and with it every control character. What is not closed goes on to the
 * end.
 */
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
