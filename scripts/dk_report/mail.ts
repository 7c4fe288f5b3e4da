// What one line says of one mail: its signatures, or its results, and which of these counts. Knows
// no other mail.

import type { NoteName } from "../../lib/pass/note_names.ts";
import type { Scheme } from "../../lib/ports/signing.ts";
import type { LogLine } from "./log_line.ts";

/** A signature, or the result of one. */
export interface Signature {
  domain?: string;
  selector?: string;
  algorithm?: string;
}

/** What was found of a signature, or that there is none. */
export interface Result extends Signature {
  scheme: Scheme;
  result: string;
  letter: string;
  reason: string;
}

/** One mail. */
export interface Mail {
  /** In the log's words. */
  action: string;
  /** Those that were made. */
  signatures: Signature[];
  /** All that were verified. */
  results: Result[];
  /** The results that count for the mail, of each scheme at most one. */
  deciding: Result[];
  /** All else that is counted, of a key the last value. */
  facts: Partial<Record<typeof FACTS[number], string>>;
}

/** The most frequent first. */
const FACTS = [
  "qp",
  "bytes",
  "dns_ms",
  "signature",
  "reason",
  "spf",
  "dmarc",
  "arc",
  "sealed",
  "forged",
  "exit",
  "warning",
] as const satisfies NoteName[];

/** Reads a line as what it says of a mail. */
export function readMail({ action, notes }: LogLine): Mail {
  const signatures: Signature[] = [];
  const results: Result[] = [];
  const facts: Mail["facts"] = {};
  let last: Result | undefined;
  for (const [key, value] of notes) {
    if (key === "dkim" || key === "domainkeys") {
      last = { scheme: key, result: value, letter: "", reason: "" };
      results.push(last);
    } else if (key === "d") {
      if (last === undefined) signatures.push({ domain: value });
      else last.domain = value;
    } else if (key === "s") {
      const signature = last ?? signatures.at(-1);
      if (signature !== undefined) signature.selector = value;
    } else if (key === "a") {
      const signature = last ?? signatures.at(-1);
      if (signature !== undefined) signature.algorithm = value;
    } else if (last !== undefined && (key === "letter" || key === "reason")) {
      last[key] = value;
    } else {
      // Not facts[key]: to hash each key would cost a tenth of all time.
      const name = FACTS.find((name) => name === key);
      if (name !== undefined) facts[name] = value;
    }
  }
  return {
    action,
    signatures,
    results,
    deciding: decidingOf(results, Number(facts.signature)),
    facts,
  };
}

/** Of DKIM the signature that the line names; without that a good one, or else the first. */
function decidingOf(results: Result[], position: number): Result[] {
  const dkim = results.filter(({ scheme }) => scheme === "dkim");
  const domainKeys = results.find(({ scheme }) => scheme === "domainkeys");
  const counts = dkim[position - 1] ??
    dkim.find(({ result }) => result === "pass") ?? dkim[0];
  return [domainKeys, counts].filter((result) => result !== undefined);
}

/** How mails are told apart in the plot of days; the order is that of its bars. */
export const OUTCOMES = [
  "signed",
  "unsigned",
  "pass",
  "no pass",
  "rejected",
  "deferred",
  "failed",
] as const;

/** One of {@linkcode OUTCOMES}. */
export type Outcome = typeof OUTCOMES[number];

const OUTCOME_OF_ACTION = new Map<string, Outcome>([
  ["signed", "signed"],
  ["signed before", "unsigned"],
  ["unsigned", "unsigned"],
  ["passed on", "unsigned"],
  ["rejected", "rejected"],
  ["deferred", "deferred"],
  ["failed", "failed"],
]);

/** What became of a mail; `undefined` for an action that is not known here. */
export function outcomeOf({ action, deciding }: Mail): Outcome | undefined {
  if (action !== "verified") return OUTCOME_OF_ACTION.get(action);
  return deciding.some(({ result }) => result === "pass") ? "pass" : "no pass";
}
