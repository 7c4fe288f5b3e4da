// Where the keys of control/dkimkeys are: each line is understood, and gives its patterns.

import type { SignOptions } from "../../lib/policy/options.ts";
import { usable } from "../../lib/system/configuration/environment.ts";
import {
  openKeyTable,
  ruleOf,
} from "../../lib/system/configuration/sign_rules.ts";
import { ENVIRONMENT } from "./environment.ts";
import type { Pattern } from "./options_check.ts";

/**
 * Lists the patterns of the table.
 *
 * @throws {StepFailed} For a line that cannot be used, by its number.
 */
export function readTablePatterns(): Pattern[] {
  const table = openKeyTable(ENVIRONMENT);
  if (table === undefined) return [];
  return usable(() => table.lines()).flatMap((line) => {
    const rule = ruleOf(line, ENVIRONMENT);
    return "reason" in rule ? [] : patternsOf(rule, line.domains);
  });
}

function patternsOf(
  { pattern, extraPattern }: SignOptions,
  domains: string,
): Pattern[] {
  const source = `${domains} in control/dkimkeys`;
  const texts = [pattern, extraPattern].filter((text) => text !== undefined);
  return texts.map((text) => ({
    source,
    text,
    ...(domains.includes("*") ? {} : { domain: domains }),
  }));
}
