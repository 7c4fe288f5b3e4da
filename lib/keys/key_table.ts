// Lines of control/dkimkeys: which key, and which variables, a domain's mail is signed with. The first
// line for a domain counts; what stands after it is not read. Knows no file system, and no signature.

import { isDomainName, toALabels } from "../message/domain_name.ts";
import { encodeUtf8 } from "../message/octets.ts";
import { isPattern } from "./key_path.ts";

/** The variables that a line can set for its domains. */
export const TABLE_VARIABLES = [
  "DKIMSIGNEXTRA",
  "DKSIGNWITH",
  "DKIMALIGN",
  "DKIMSIGNOPTIONS",
  "DKIMSIGNHEADERS",
  "DKIMOVERSIGN",
  "DKSIGNOPTIONS",
  "DKSIGNFORWARDS",
] as const;

/** A variable that a line can set. */
export type TableVariable = typeof TABLE_VARIABLES[number];

/** What a line says of the mail of its domains. */
export interface KeyLine {
  /** Counts lines from 1 up to this one: for a person, since 10,000 take a while. */
  number(): number;
  /** An A-label domain in lower case, `*.` and one, or `*`. */
  domains: string;
  /** Where the key is, as in DKSIGN; `undefined` where such mail is not to be signed. */
  pattern: string | undefined;
  /** By name; `undefined` for one that counts as not set. */
  variables: ReadonlyMap<string, string | undefined>;
}

/** In place of a key: do not sign. */
const NO_KEY = "-";

/** What was found for more domains than these is looked for again. */
const MAX_FOUND = 10_000;

/** What regular expressions have and domains do not; a star is allowed as the first label alone. */
const EXPRESSION = /[\^$\\()[\]{}|+?]|\.\*/;

/** A table, read as far as a domain needs it. Can be kept for many messages. */
export class KeyTable {
  /** What was read until now: each part is whole lines, with a line end before each. */
  #parts: string[] = [];
  #unread: Iterator<string>;
  /** What was found before, by domain. */
  #found = new Map<string, KeyLine | undefined>();

  /**
   * @param text The table: a text of the runtime, or one in parts, which are asked for when they are
   * needed. A part is whole lines, with an LF before each and not after the last.
   */
  constructor(text: string | Iterable<string>) {
    const parts = typeof text === "string" ? [`\n${text}`] : text;
    this.#unread = parts[Symbol.iterator]();
  }

  /**
   * Finds the first line for a domain.
   *
   * @param domain As the sender wrote it, an octet string.
   * @returns `undefined` where there is none, and for what is no domain name.
   * @throws {SyntaxError} For a line up to that one that cannot be understood.
   */
  find(domain: string): KeyLine | undefined {
    const name = toALabels(domain)?.toLowerCase();
    if (name === undefined) return undefined;
    if (this.#found.has(name)) return this.#found.get(name);
    const line = this.#search(domainsFor(name));
    if (this.#found.size >= MAX_FOUND) this.#found.clear();
    this.#found.set(name, line);
    return line;
  }

  /**
   * Reads every line.
   *
   * @throws {SyntaxError} For the first line that cannot be understood.
   */
  lines(): KeyLine[] {
    while (this.#part(this.#parts.length) !== undefined);
    return this.#parts.join("").split("\n")
      .map((text, n) => parseLine(text, () => n))
      .filter((line) => line !== undefined);
  }

  #search(wanted: string[]): KeyLine | undefined {
    const candidates = candidatesFor(wanted);
    for (let n = 0;; n++) {
      const part = this.#part(n);
      if (part === undefined) return undefined;
      candidates.lastIndex = 0;
      // Not matchAll(): it would make the expression again for each part.
      for (let found; (found = candidates.exec(part)) !== null;) {
        const { index } = found;
        const end = part.indexOf("\n", index + 1);
        const text = part.slice(index + 1, end === -1 ? undefined : end);
        const line = parseLine(text, () => this.#numberOf(n, index));
        if (line !== undefined && wanted.includes(line.domains)) return line;
      }
    }
  }

  #part(n: number): string | undefined {
    if (n < this.#parts.length) return this.#parts[n];
    const { done, value } = this.#unread.next();
    if (!done) this.#parts.push(value);
    return done ? undefined : value;
  }

  /** @param index Where in a part the LF is that is before the line. */
  #numberOf(part: number, index: number): number {
    const before = this.#parts.slice(0, part).join("") +
      this.#parts[part]!.slice(0, index + 1);
    return before.split("\n").length - 1;
  }
}

/** What a line may have for a domain. */
function domainsFor(name: string): string[] {
  const labels = name.split(".").slice(1);
  const parents = labels.map((_, n) => `*.${labels.slice(n).join(".")}`);
  return [name, ...parents, "*"];
}

/** How most lines are written. What is written otherwise is parsed, and may be as good. */
const PLAIN_DOMAINS = String
  .raw`(?:\*\.)?[a-z0-9_-]{1,24}(?:\.[a-z0-9_-]{1,24}){0,8}`;
const PLAIN_PATTERN = String.raw`(?:[\w.%/-]*/)?[\w-]{1,63}`;
const PLAIN_SETTING = `(?:${TABLE_VARIABLES.join("|")})=[^,\\n]*`;
const PLAIN_SETTINGS = `(?::${PLAIN_SETTING}(?:,${PLAIN_SETTING})*)?`;

/**
 * Finds the line end before each line that is for one of these domains, or is not plainly for others.
 * One expression over the whole text: to parse 10,000 lines takes 40 ms, to pass them over takes 1.
 */
function candidatesFor(wanted: string[]): RegExp {
  const ours = wanted.map(RegExp.escape).join("|");
  const others =
    `(?!(?:${ours}):)${PLAIN_DOMAINS}:${PLAIN_PATTERN}${PLAIN_SETTINGS}`;
  return new RegExp(`\\n(?!#|(?:${others})?(?:\\n|$))`, "g");
}

/**
 * Reads `domains:pattern` or `domains:pattern:NAME=value,...`.
 *
 * @returns `undefined` for a line that says nothing.
 */
function parseLine(line: string, number: () => number): KeyLine | undefined {
  const text = line.trim();
  if (text === "" || text.startsWith("#")) return undefined;
  const [name = "", pattern = ""] = text.split(":", 2);
  const settings = text.slice(name.length + pattern.length + 2);
  const domains = parseDomains(name, number);
  if (pattern !== NO_KEY && !isPattern(pattern)) {
    throw bad(
      number,
      text,
      `give a path that ends in the selector after "${name}:", or "-" for no signature`,
    );
  }
  return {
    number,
    domains,
    pattern: pattern === NO_KEY ? undefined : pattern,
    variables: new Map(
      settings.split(",").filter((item) => item !== "")
        .map((item) => parseSetting(item, number)),
    ),
  };
}

function parseDomains(text: string, number: () => number): string {
  if (text === "*") return text;
  const star = text.startsWith("*.") ? "*." : "";
  const name = text.slice(star.length);
  if (isDomainName(name)) return star + name.toLowerCase();
  const aLabels = toALabels(encodeUtf8(name));
  if (aLabels !== undefined) return star + aLabels.toLowerCase();
  throw EXPRESSION.test(text)
    ? bad(
      number,
      text,
      "regular expressions are not read: give a domain, *.domain or *",
    )
    : bad(number, text, "give a domain, *.domain or *");
}

function parseSetting(
  text: string,
  number: () => number,
): [TableVariable, string | undefined] {
  const equals = text.indexOf("=");
  const name = TABLE_VARIABLES.find((name) => name === text.slice(0, equals));
  if (name === undefined) {
    throw bad(
      number,
      text,
      `give NAME=value, NAME out of ${TABLE_VARIABLES.join(", ")}`,
    );
  }
  return [name, text.slice(equals + 1) || undefined];
}

function bad(number: () => number, text: string, remedy: string): SyntaxError {
  return new SyntaxError(
    `Cannot use "${text}" in line ${number()} of control/dkimkeys: ${remedy}`,
  );
}
