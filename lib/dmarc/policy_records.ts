// Asks DNS for DMARC Policy Records: each name once, a limited number in all. Keeps every answer for a
// program that explains the result. Knows no organization and no policy.

import type { Existence, NameCheck } from "../ports/existence.ts";
import type { Resolver, TxtAnswer } from "../ports/resolver.ts";
import { type DmarcRecord, parseDmarcRecord } from "./record.ts";

/** The ports that DMARC needs. */
export interface DmarcPorts {
  /** Looks up records. */
  resolver: Resolver;
  /** Tells whether the author's domain exists, for `np=`. */
  names: NameCheck;
}

/** A question to DNS with its answer. */
export interface DmarcQuestion {
  /** The name asked for. */
  name: string;
  /** `A` if the question is whether the name exists. */
  type: "TXT" | "A";
  /** The outcome. */
  outcome: TxtAnswer["outcome"] | Existence;
  /** The TXT records, as they came. */
  records: string[];
}

/** The record of a domain. With `unasked` no question was left for it. */
export type RecordAnswer = DmarcRecord | "none" | "temporary" | "unasked";

/** With the question for `np=` there are at most 24. */
export const MAX_TXT_QUESTIONS = 23;

/** The records that one message needs. */
export class PolicyRecords {
  /** The questions in their order. */
  readonly questions: DmarcQuestion[] = [];
  #ports: DmarcPorts;
  #answers = new Map<string, RecordAnswer>();

  constructor(ports: DmarcPorts) {
    this.#ports = ports;
  }

  /** @param domain In lower case. */
  async at(domain: string): Promise<RecordAnswer> {
    const known = this.#answers.get(domain);
    if (known !== undefined) return known;
    if (this.#answers.size === MAX_TXT_QUESTIONS) return "unasked";
    const answer = await this.#ask(`_dmarc.${domain}`);
    this.#answers.set(domain, answer);
    return answer;
  }

  /** Tells whether the author's domain exists. */
  async exists(name: string): Promise<Existence> {
    let outcome: Existence = "temporary";
    try {
      outcome = await this.#ports.names.exists(name);
    } catch {
      // A resolver that throws gives a temporary outcome.
    }
    this.questions.push({ name, type: "A", outcome, records: [] });
    return outcome;
  }

  async #ask(name: string): Promise<RecordAnswer> {
    let answer: TxtAnswer;
    try {
      answer = await this.#ports.resolver.txt(name);
    } catch (error) {
      answer = { outcome: "temporary", detail: String(error) };
    }
    const { outcome } = answer;
    const texts = answer.outcome === "records" ? answer.records : [];
    this.questions.push({ name, type: "TXT", outcome, records: texts });
    if (outcome === "temporary") return "temporary";
    const records = texts.map(parseDmarcRecord)
      .filter((record) => record !== undefined);
    // Several records count as none (RFC 9989 section 4.10, step 2).
    return records.length === 1 ? records[0]! : "none";
  }
}
