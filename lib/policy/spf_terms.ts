// SPFRULES and SPFEXP: what a site adds to the records of others. Takes texts, knows no environment.

import { type MacroString, parseMacroString } from "../spf/macro.ts";
import { type Directive, parseRules } from "../spf/record.ts";

/**
 * Reads SPF terms at spaces.
 *
 * @throws {SyntaxError} For what is none.
 */
export function parseLocalRules(text: string): Directive[] {
  const rules = parseRules(text);
  if (typeof rules !== "string") return rules;
  throw new SyntaxError(`Cannot use the SPF terms "${text}": ${rules}`);
}

/**
 * Reads a text with macros.
 *
 * @throws {SyntaxError} For a bad macro.
 */
export function parseExplanation(text: string): MacroString {
  const explanation = parseMacroString(text, true);
  if (explanation !== undefined) return explanation;
  throw new SyntaxError(`Cannot use the SPF explanation "${text}"`);
}
