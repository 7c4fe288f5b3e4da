// The result of SPF (RFC 7208 section 2.6), with every step on the way to it for a program that
// explains it. Knows no policy and no message.

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

/** One of {@linkcode SPF_RESULTS}. */
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
  /** A term that was tried, from the record of `domain`. */
  | { step: "term"; domain: string; term: string; outcome: TermOutcome };

/** The outcome of a term. */
export type TermOutcome = "match" | "no match" | "temperror" | "permerror";

/** The result for a client. */
export interface SpfFinding {
  /** The result of the domain's own record. */
  result: SpfResult;
  /** The identity that was checked: the sender, or for the null sender the HELO name. */
  identity: "mailfrom" | "helo";
  /** Its domain; `undefined` if DNS cannot be asked for it. */
  domain?: string;
  /** The term that decided, as written; `undefined` if none matched. */
  term?: string;
  /** The reason of none, temperror and permerror. */
  detail?: string;
  /** The local rule that matched after the record's own result was not pass. */
  localRule?: string;
  /** The domain's explanation of a failure, in printable ASCII. */
  explanation?: string;
  /** The number of terms that asked DNS; 10 are allowed. */
  terms: number;
  /** The number of answers without a record; 2 are allowed. */
  voids: number;
  /** The steps in their order. */
  steps: SpfStep[];
}
