// Reads the rules of tcpserver: the text that a person writes, and the cdb that tcprules(1) makes of
// it. Knows no variable, and does not choose the rule for a client.

import { listCdb } from "./cdb.ts";

/** One rule for one address. */
export interface Rule {
  /** Empty for every other address. */
  address: string;
  isAllowed: boolean;
  env: Record<string, string>;
}

/**
 * Reads the text, as tcprules does.
 *
 * @throws {SyntaxError} For a line that tcprules refuses.
 */
export function parseRules(text: string): Rule[] {
  return text.split("\n").flatMap((line, n) => {
    if (line.startsWith("#") || !line.includes(":")) return [];
    const [, address, verb, rest] =
      /^([^:]*(?::[^:,]*)*?):(allow|deny)(,.*)?[ \t]*$/s.exec(line) ?? [];
    if (address === undefined) {
      throw new SyntaxError(`line ${n + 1} is no rule: ${line}`);
    }
    const env = parseVariables(rest ?? "", n + 1);
    const isAllowed = verb === "allow";
    return expand(address).map((address) => ({ address, isAllowed, env }));
  });
}

/** `,NAME="value"`: the octet after the equals sign ends the value too. */
function parseVariables(text: string, line: number): Record<string, string> {
  const env: Record<string, string> = {};
  let at = 0;
  while (at < text.length) {
    const start = text.indexOf("=", at);
    const quote = text[start + 1];
    const end = quote === undefined ? -1 : text.indexOf(quote, start + 2);
    if (text[at] !== "," || start === -1 || end === -1) {
      if (/^[ \t]*$/.test(text.slice(at))) break;
      throw new SyntaxError(`line ${line} has no value where one begins`);
    }
    env[text.slice(at + 1, start)] = text.slice(start + 2, end);
    at = end + 1;
  }
  return env;
}

/** `10.1.2.3-5` stands for three addresses. */
function expand(address: string): string[] {
  const [, before, first, last, after] =
    /^((?:[\d.]*\.)?)(\d+)-(\d+)((?:\.[\d.]*)?)$/.exec(address) ?? [];
  if (before === undefined || Number(last) > 255) return [address];
  const count = Number(last) - Number(first) + 1;
  return Array.from(
    { length: Math.max(count, 0) },
    (_, n) => `${before}${Number(first) + n}${after}`,
  );
}

/**
 * Reads the database.
 *
 * @throws {SyntaxError} For a database that tcprules has not made.
 */
export function readRulesCdb(bytes: Uint8Array): Rule[] {
  return listCdb(bytes).map(([address, data]) => {
    const parts = data.split("\0");
    const env: Record<string, string> = {};
    let isAllowed = true;
    for (const part of parts) {
      const text = part.startsWith("D") ? part.slice(1) : part;
      isAllowed &&= text === part;
      if (text === "") continue;
      const at = text.indexOf("=");
      if (!text.startsWith("+") || at === -1) {
        throw new SyntaxError("it is no cdb of tcprules");
      }
      env[text.slice(1, at)] = text.slice(at + 1);
    }
    return { address, isAllowed, env };
  });
}

/**
 * Compares the rules of the cdb with those of the text. Of two rules for an address the first counts.
 *
 * @returns The addresses with different rules.
 */
export function compareRules(text: Rule[], cdb: Rule[]): string[] {
  const said = [text, cdb].map((rules) => {
    const first = new Map<string, string>();
    for (const { address, isAllowed, env } of rules) {
      if (first.has(address)) continue;
      const variables = isAllowed ? Object.entries(env) : [];
      first.set(address, JSON.stringify([isAllowed, variables]));
    }
    return first;
  });
  const addresses = new Set(said.flatMap((map) => [...map.keys()]));
  return [...addresses].filter((address) =>
    said[0]!.get(address) !== said[1]!.get(address)
  );
}
