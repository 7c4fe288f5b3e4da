// Asks DNS for DMARC Policy Records: each name once, a limited number in all. Keeps every answer for a
// program that explains the result. Knows no organization and no policy.

import type { Answer, Lookup, RecordTypes } from "../ports/resolver.ts";
import { type DmarcRecord, parseDmarcRecord } from "./record.ts";

/** The ports that DMARC needs. */
export interface DmarcPorts {
  /** Looks up records; to throw or to reject is a temporary outcome. */
  resolver: Lookup;
}

/** What DNS said of a name: NXDOMAIN is `no`, and nothing else is (RFC 8020). */
export type Existence = "yes" | "no" | "temporary";

/** A question, and what DNS said. */
export interface DmarcQuestion {
  /** The name asked for. */
  name: string;
  /** `A` if the question is whether the name exists. */
  type: "TXT" | "A";
  /** What became of it. */
  outcome: Answer<unknown>["outcome"];
  /** The records, as they came. */
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
    const answer = await this.#find(`_dmarc.${domain}`);
    this.#answers.set(domain, answer);
    return answer;
  }

  /** Tells whether the author's domain exists. */
  async exists(name: string): Promise<Existence> {
    const { outcome } = await this.#ask(name, "A");
    if (outcome === "temporary") return outcome;
    return outcome === "nxdomain" ? "no" : "yes";
  }

  async #find(name: string): Promise<RecordAnswer> {
    const answer = await this.#ask(name, "TXT");
    if (answer.outcome === "temporary") return "temporary";
    const texts = answer.outcome === "records" ? answer.records : [];
    const records = texts.map(parseDmarcRecord)
      .filter((record) => record !== undefined);
    // Several records count as none (RFC 9989 section 4.10, step 2).
    return records.length === 1 ? records[0]! : "none";
  }

  async #ask<Type extends DmarcQuestion["type"]>(
    name: string,
    type: Type,
  ): Promise<Answer<RecordTypes[Type]>> {
    let answer: Answer<RecordTypes[Type]>;
    try {
      answer = await this.#ports.resolver.lookup(name, type);
    } catch (error) {
      answer = { outcome: "temporary", detail: String(error) };
    }
    const { outcome } = answer;
    const records = answer.outcome === "records" ? answer.records : [];
    this.questions.push({ name, type, outcome, records });
    return answer;
  }
}
