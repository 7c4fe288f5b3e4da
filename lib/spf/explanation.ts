// The domain's own explanation of a failure (RFC 7208 section 6.2): one text of printable ASCII, or
// none. Knows no client.

import {
  expandDomain,
  expandMacros,
  type MacroString,
  type MacroValues,
  parseMacroString,
} from "./macro.ts";
import type { Questions } from "./questions.ts";
import { RECORD_OCTETS } from "./record.ts";

/** An `exp=`, and the domain whose record has it. */
export interface ExplanationSource {
  domain: string;
  spec: MacroString;
}

/** Asks for a domain's explanation. A faulty explanation counts as none. */
export async function explain(
  source: ExplanationSource | undefined,
  questions: Questions,
  valuesOf: (domain: string) => MacroValues,
): Promise<string | undefined> {
  if (source === undefined) return undefined;
  const values = valuesOf(source.domain);
  const name = await expandDomain(source.spec, values);
  const answer = await questions.ask(name, "TXT");
  const [text, another] = answer.outcome === "records" ? answer.records : [];
  const isOne = text !== undefined && another === undefined &&
    text.length <= RECORD_OCTETS;
  const pieces = isOne ? parseMacroString(text, true) : undefined;
  return pieces && await expandExplanation(pieces, values);
}

/** @returns `undefined` for a text that is not printable ASCII. */
export async function expandExplanation(
  pieces: MacroString,
  values: MacroValues,
): Promise<string | undefined> {
  const text = await expandMacros(pieces, values);
  return /^[\x20-\x7e]+$/.test(text) ? text : undefined;
}
