// Where DMARC Policy Records are: asks for each name once, for so many in all, and keeps what was
// said for whoever explains the result. Knows no organization and no policy.

import type { Existence, NameCheck } from "../ports/existence.ts";
import type { Resolver, TxtAnswer } from "../ports/resolver.ts";
import { type DmarcRecord, parseDmarcRecord } from "./record.ts";

/** What DMARC asks of the machine. */
export interface DmarcPorts {
  /** Looks up records. */
  resolver: Resolver;
  /** Tells an author's domain that is not there, for `np=`. */
  names: NameCheck;
}

/** A question, and what DNS said. */
export interface DmarcQuestion {
  /** The name asked for. */
  name: string;
  /** `A` where the question is whether the name is there. */
  type: "TXT" | "A";
  /** What became of it. */
  outcome: TxtAnswer["outcome"] | Existence;
  /** The TXT records, as they came. */
  records: string[];
}

/** What stands at a domain; `unasked`: there have been too many questions. */
export type RecordAnswer = DmarcRecord | "none" | "temporary" | "unasked";

/** One more is kept for the name that `np=` is about: 24 in all. */
export const MAX_TXT_QUESTIONS = 23;

/** The records that one message needs. */
export class PolicyRecords {
  /** What was asked, in this order. */
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

  /** Tells whether the author's domain is there. */
  async exists(name: string): Promise<Existence> {
    let outcome: Existence = "temporary";
    try {
      outcome = await this.#ports.names.exists(name);
    } catch {
      // A resolver that fails has no answer now.
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
    // Two of them are as none (RFC 9989 section 4.10, step 2).
    return records.length === 1 ? records[0]! : "none";
  }
}
