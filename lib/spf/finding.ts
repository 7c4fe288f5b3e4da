// What SPF finds (RFC 7208 section 2.6), and the way to it, for a program that explains it. Knows no
// policy and no message.

import type { Answer, RecordType } from "../ports/resolver.ts";

/** The words of RFC 7208 section 2.6. */
export const SPF_RESULTS = [
  "pass",
  "fail",
  "softfail",
  "neutral",
  "none",
  "temperror",
  "permerror",
] as const;

/** A word out of {@linkcode SPF_RESULTS}. */
export type SpfResult = typeof SPF_RESULTS[number];

/** One step on the way to a result. */
export type SpfStep =
  /** A record that was found. */
  | { step: "record"; domain: string; record: string }
  /** A question, once for each name and type. */
  | {
    step: "question";
    name: string;
    type: RecordType;
    answer: Answer<unknown>;
  }
  /** A term that was tried; `domain` is the one whose record it is in. */
  | { step: "term"; domain: string; term: string; outcome: TermOutcome };

/** What came of a term. */
export type TermOutcome = "match" | "no match" | "temperror" | "permerror";

/** What was found of a client. */
export interface SpfFinding {
  /** The word of the domain's own record. */
  result: SpfResult;
  /** Whose domain was held against the client: the sender's, or the null sender's HELO. */
  identity: "mailfrom" | "helo";
  /** That domain, `undefined` where there is none that DNS can be asked for. */
  domain?: string;
  /** The term that decided, as it is written; none matched without it. */
  term?: string;
  /** Why there is no result, or none but an error. */
  detail?: string;
  /** The term of the local rules that matches, where the record's own result is not pass. */
  localRule?: string;
  /** Why it fails, in the domain's own words: printable ASCII. */
  explanation?: string;
  /** Terms that asked DNS, of which there can be 10. */
  terms: number;
  /** Answers without a record, of which there can be 2. */
  voids: number;
  /** How it came to that, in order. */
  steps: SpfStep[];
}
