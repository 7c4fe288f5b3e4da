// The DNS questions of SPF (RFC 7208 sections 4.6.4, 5 and 5.5). Asks each question once, notes it,
// and counts what the RFC limits. Knows no record.

import { isWithin } from "../message/domain_name.ts";
import type {
  Answer,
  Lookup,
  RecordType,
  RecordTypes,
} from "../ports/resolver.ts";
import {
  ADDRESS_BITS,
  type IpAddress,
  isInNetwork,
  parseAddress,
  reverseName,
} from "./address.ts";
import type { SpfStep } from "./finding.ts";

/** An error that ends the evaluation. */
export interface Trouble {
  result: "temperror" | "permerror";
  detail: string;
}

const TERMS_LIMIT = 10;
const VOIDS_LIMIT = 2;
const MX_LIMIT = 10;
const PTR_LIMIT = 10;

/** Counts the terms and void answers of one evaluation (section 4.6.4). */
export class Budget {
  terms = 0;
  voids = 0;

  /** To be called before a term asks. */
  takeTerm(): Trouble | undefined {
    return ++this.terms > TERMS_LIMIT
      ? permerror(`more than ${TERMS_LIMIT} terms that ask DNS`)
      : undefined;
  }

  takeVoid(): Trouble | undefined {
    return ++this.voids > VOIDS_LIMIT
      ? permerror(`more than ${VOIDS_LIMIT} void answers`)
      : undefined;
  }
}

/** Asks about one client. */
export class Questions {
  readonly #resolver: Lookup;
  readonly #client: IpAddress;
  readonly #steps: SpfStep[];
  readonly #answers = new Map<string, Promise<unknown>>();

  constructor(resolver: Lookup, client: IpAddress, steps: SpfStep[]) {
    this.#resolver = resolver;
    this.#client = client;
    this.#steps = steps;
  }

  /** Asks DNS, at most once for the same name and type. Never rejects. */
  ask<Type extends RecordType>(
    name: string,
    type: Type,
  ): Promise<Answer<RecordTypes[Type]>> {
    const key = `${type} ${name.toLowerCase()}`;
    const answer = this.#answers.get(key) ?? this.#askNow(name, type);
    this.#answers.set(key, answer);
    return answer as Promise<Answer<RecordTypes[Type]>>;
  }

  async #askNow<Type extends RecordType>(
    name: string,
    type: Type,
  ): Promise<Answer<RecordTypes[Type]>> {
    let answer: Answer<RecordTypes[Type]>;
    try {
      answer = await this.#resolver.lookup(name, type);
    } catch (error) {
      answer = { outcome: "temporary", detail: String(error) };
    }
    this.#steps.push({ step: "question", name, type, answer });
    return answer;
  }

  /** The records for a term; an empty list if there are none. */
  async records<Type extends RecordType>(
    name: string,
    type: Type,
    budget: Budget,
  ): Promise<RecordTypes[Type][] | Trouble> {
    const answer = await this.ask(name, type);
    if (answer.outcome === "records") return answer.records;
    if (answer.outcome === "temporary") return temperror(name, type, answer);
    const isVoid = answer.outcome === "nxdomain" ||
      answer.outcome === "nodata" && await this.#isVoid(name, type);
    return isVoid && budget.takeVoid() || [];
  }

  /** An answer is not void if the name has addresses of the other family. */
  async #isVoid(name: string, type: RecordType): Promise<boolean> {
    if (type !== "A" && type !== "AAAA") return true;
    const { outcome } = await this.ask(name, type === "A" ? "AAAA" : "A");
    return outcome === "nodata" || outcome === "nxdomain";
  }

  /** Tells whether the client's address shares its first bits with one of a name's addresses. */
  async isHost(
    name: string,
    bits: { 4: number; 6: number },
    budget: Budget,
  ): Promise<boolean | Trouble> {
    const records = await this.records(name, this.#addressType, budget);
    return "result" in records
      ? records
      : this.#isAmong(records, bits[this.#client.family]);
  }

  /** The same for the mail exchangers of a name. */
  async isExchanger(
    name: string,
    bits: { 4: number; 6: number },
    budget: Budget,
  ): Promise<boolean | Trouble> {
    const records = await this.records(name, "MX", budget);
    if ("result" in records) return records;
    if (records.length > MX_LIMIT) {
      return permerror(`more than ${MX_LIMIT} MX records of ${name}`);
    }
    const sorted = records.toSorted((a, b) => a.preference - b.preference);
    for (const { exchange } of sorted) {
      const isHost = await this.isHost(exchange, bits, budget);
      if (isHost !== false) return isHost;
    }
    return false;
  }

  /**
   * Tells whether one of the client's own names is in a domain. Names without an address do not count
   * as void answers: a client could use up the budget with them, and turn a fail into an error.
   */
  async isNamedWithin(
    domain: string,
    budget: Budget,
  ): Promise<boolean | Trouble> {
    const answer = await this.records(this.#reverseName, "PTR", budget);
    if ("result" in answer) return answer.result === "permerror" && answer;
    for (const name of answer.slice(0, PTR_LIMIT)) {
      if (isWithin(name, domain) && await this.#isValid(name)) return true;
    }
    return false;
  }

  /** The client's name for the macro p: the domain itself, else a name in it, else any (section 7.3). */
  async validatedName(domain: string): Promise<string> {
    const answer = await this.ask(this.#reverseName, "PTR");
    if (answer.outcome !== "records") return "unknown";
    const rank = (name: string) =>
      name.toLowerCase() === domain.toLowerCase()
        ? 0
        : isWithin(name, domain)
        ? 1
        : 2;
    const names = answer.records.slice(0, PTR_LIMIT)
      .toSorted((a, b) => rank(a) - rank(b));
    for (const name of names) {
      if (await this.#isValid(name)) return name;
    }
    return "unknown";
  }

  /** Tells whether a name has the client's address. An error means no (section 5.5). */
  async #isValid(name: string): Promise<boolean> {
    const answer = await this.ask(name, this.#addressType);
    return answer.outcome === "records" &&
      this.#isAmong(answer.records, ADDRESS_BITS[this.#client.family]);
  }

  #isAmong(records: string[], bits: number): boolean {
    return records.some((record) => {
      const address = parseAddress(record);
      return address && isInNetwork(this.#client, { ...address, bits });
    });
  }

  get #addressType(): "A" | "AAAA" {
    return this.#client.family === 4 ? "A" : "AAAA";
  }

  get #reverseName(): string {
    return reverseName(this.#client);
  }
}

/** An error in the domain's records. */
export function permerror(detail: string): Trouble {
  return { result: "permerror", detail };
}

/** An error that may go away. */
export function temperror(
  name: string,
  type: RecordType,
  { detail }: { detail: string },
): Trouble {
  return { result: "temperror", detail: `${type} of ${name}: ${detail}` };
}
