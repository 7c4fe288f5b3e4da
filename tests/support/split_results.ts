// An Authentication-Results field in its parts, held against the grammar of RFC 8601 section 2.2 and
// against what we may write: methods, properties, lengths of lines.

import { assert, assertEquals, assertMatch } from "@std/assert";

const TOKEN = "[!#-'*+.0-9A-Z^_`a-z{|}~-]+";
const QUOTED = String.raw`"(?:[ !#-\[\]-~]|\\[ -~])*"`;
const COMMENT = String.raw`\((?:[ !-'*-\[\]-~]|\\[ -~])*\)`;
const WORDS = "pass|fail|softfail|policy|neutral|none|temperror|permerror";
const PROPERTIES =
  "header\\.(?:from|sender|[dsab])|smtp\\.(?:mailfrom|helo)|policy\\.dmarc";
const STATEMENT = new RegExp(
  `^(domainkeys|dkim|spf|dmarc)=(${WORDS})( ${COMMENT})?` +
    `( (${PROPERTIES})=(${TOKEN}|${QUOTED}))*$`,
);

/**
 * The parts of a field, each held against the grammar (RFC 8601 section 2.2) as far as we use it.
 *
 * @param raw The whole field, with its last line end.
 */
export function splitResults(raw: string): string[] {
  assertMatch(raw, /^Authentication-Results: [ -~]+\n(\t[ -~]+\n)*$/);
  for (const line of raw.split("\n")) {
    const isOneWord = /^\t[^ ]+$/.test(line);
    assert(line.length <= (isOneWord ? 998 : 78), `a long line: ${line}`);
  }
  const value = raw.slice("Authentication-Results: ".length, -1)
    .replace(/\n\t/g, " ");
  const part = new RegExp(`(?:[^;"(]|${QUOTED}|${COMMENT})+`, "g");
  const parts = value.match(part) ?? [];
  assertEquals(parts.join(";"), value);
  const [host = "", ...statements] = parts.map((text) => text.trim());
  assertMatch(host, new RegExp(`^(${TOKEN}|${QUOTED})$`));
  for (const statement of statements) assertMatch(statement, STATEMENT);
  return [host, ...statements];
}
