// The function check_host() (RFC 7208 sections 4 to 6): checks a client by a domain's record and by
// the records that it includes. An error is a result. Knows no policy and no message.

import type { Lookup } from "../ports/resolver.ts";
import {
  formatAddress,
  formatDotted,
  type IpAddress,
  isInNetwork,
  reverseZone,
} from "./address.ts";
import {
  expandExplanation,
  explain,
  type ExplanationSource,
} from "./explanation.ts";
import type { SpfFinding, SpfResult, SpfStep, TermOutcome } from "./finding.ts";
import { cut, identify, type Identity, readDomain } from "./identity.ts";
import { expandDomain, type MacroString, type MacroValues } from "./macro.ts";
import {
  Budget,
  permerror,
  Questions,
  temperror,
  type Trouble,
} from "./questions.ts";
import {
  type Directive,
  parseRecord,
  selectRecords,
  type SpfRecord,
} from "./record.ts";

/** What is known of the client and of its sender; texts are octet strings. */
export interface SpfQuery {
  /** Its address; see `parseClientAddress()` for IPv4-mapped ones. */
  client: IpAddress;
  /** The HELO name, if it is known. */
  helo?: string;
  /** The sender, empty for the null sender. */
  mailFrom: string;
  /** Terms that are tried before a result is fail, softfail, neutral or none. */
  localRules?: Directive[];
  /** Ask for the domain's explanation of a failure. */
  explain?: boolean;
  /** Explains a failure if the domain does not. */
  defaultExplanation?: MacroString;
}

/** What checking asks of the machine. */
export interface SpfPorts {
  resolver: Lookup;
  /** The host that checks, for the macro r. */
  receiver?: string;
  /** Seconds since 1970, for the macro t. */
  now: number;
}

/** The result of a record. */
interface Verdict {
  result: SpfResult;
  term?: string;
  detail?: string;
  /** The explanation of the record that decided. */
  explanation?: ExplanationSource;
}

/** Checks one client; it never rejects. */
export async function evaluateSpf(
  query: SpfQuery,
  ports: SpfPorts,
): Promise<SpfFinding> {
  return await new Evaluation(query, ports).run();
}

class Evaluation {
  readonly #query: SpfQuery;
  readonly #ports: SpfPorts;
  readonly #identity: Identity;
  readonly #steps: SpfStep[] = [];
  readonly #questions: Questions;

  constructor(query: SpfQuery, ports: SpfPorts) {
    this.#query = query;
    this.#ports = ports;
    this.#identity = identify(query.mailFrom, query.helo);
    this.#questions = new Questions(ports.resolver, query.client, this.#steps);
  }

  async run(): Promise<SpfFinding> {
    const { kind, domain } = this.#identity;
    const budget = new Budget();
    const { explanation, ...verdict }: Verdict = domain === undefined
      ? { result: "none", detail: "no domain" }
      : await this.#check(domain, budget);
    const localRule = await this.#findLocalRule(verdict.result);
    const text = verdict.result === "fail" && localRule === undefined &&
        this.#query.explain
      ? await explain(
        explanation,
        this.#questions,
        (domain) => this.#values(domain),
      ) ??
        await this.#explainOurselves()
      : undefined;
    return {
      ...verdict,
      identity: kind,
      ...(domain === undefined ? {} : { domain }),
      ...(localRule === undefined ? {} : { localRule }),
      ...(text === undefined ? {} : { explanation: text }),
      terms: budget.terms,
      voids: budget.voids,
      steps: this.#steps,
    };
  }

  /** Recurses at most ten times, since each include and each redirect takes a term. */
  async #check(text: string, budget: Budget): Promise<Verdict> {
    const domain = readDomain(text);
    if (domain === undefined) return { result: "none", detail: "no domain" };
    const answer = await this.#questions.ask(domain, "TXT");
    if (answer.outcome === "temporary") {
      return temperror(domain, "TXT", answer);
    }
    const records = answer.outcome === "records"
      ? selectRecords(answer.records)
      : [];
    for (const record of records) {
      this.#steps.push({ step: "record", domain, record });
    }
    if (records.length === 0) {
      return { result: "none", detail: `no record of ${domain}` };
    }
    if (records.length > 1) {
      return permerror(`${records.length} records of ${domain}`);
    }
    const record = parseRecord(records[0]!);
    return typeof record === "string"
      ? permerror(`${record} of ${domain}`)
      : await this.#evaluate(record, domain, budget);
  }

  async #evaluate(
    record: SpfRecord,
    domain: string,
    budget: Budget,
  ): Promise<Verdict> {
    const matched = await this.#firstMatch(record.directives, domain, budget);
    if (matched !== undefined && "detail" in matched) return matched;
    const explanation = record.explanation &&
      { domain, spec: record.explanation };
    if (matched !== undefined) {
      const { result, text } = matched;
      return { result, term: text, ...(explanation ? { explanation } : {}) };
    }
    // Without a match and without a redirect the result is neutral (section 4.7).
    return record.redirect === undefined
      ? { result: "neutral" }
      : await this.#follow(record.redirect, domain, budget);
  }

  /** The explanation of the target replaces the one of this record (section 6.2). */
  async #follow(
    redirect: { domain: MacroString; text: string },
    domain: string,
    budget: Budget,
  ): Promise<Verdict> {
    const over = budget.takeTerm();
    if (over) return { ...over, term: redirect.text };
    const values = this.#values(domain);
    const target = await expandDomain(redirect.domain, values);
    this.#note(domain, redirect.text, "match");
    const verdict = await this.#check(target, budget);
    return verdict.result === "none"
      ? { ...permerror(verdict.detail!), term: redirect.text }
      : verdict;
  }

  async #firstMatch(
    directives: Directive[],
    domain: string,
    budget: Budget,
  ): Promise<Directive | Trouble & { term: string } | undefined> {
    for (const directive of directives) {
      const { text } = directive;
      const matches = await this.#matches(directive, domain, budget);
      if (typeof matches !== "boolean") {
        this.#note(domain, text, matches.result);
        return { ...matches, term: text };
      }
      this.#note(domain, text, matches ? "match" : "no match");
      if (matches) return directive;
    }
    return undefined;
  }

  async #matches(
    directive: Directive,
    domain: string,
    budget: Budget,
  ): Promise<boolean | Trouble> {
    if (directive.name === "all") return true;
    if ("network" in directive) {
      return isInNetwork(this.#query.client, directive.network);
    }
    const over = budget.takeTerm();
    if (over) return over;
    const name = directive.domain === undefined
      ? domain
      : await expandDomain(directive.domain, this.#values(domain));
    switch (directive.name) {
      case "include":
        return await this.#includes(name, budget);
      case "exists": {
        const records = await this.#questions.records(name, "A", budget);
        return "result" in records ? records : records.length > 0;
      }
      case "a":
        return await this.#questions.isHost(name, directive.bits, budget);
      case "mx":
        return await this.#questions.isExchanger(name, directive.bits, budget);
      case "ptr":
        return await this.#questions.isNamedWithin(name, budget);
    }
  }

  /** The table of section 5.2. */
  async #includes(name: string, budget: Budget): Promise<boolean | Trouble> {
    const { result, detail = "" } = await this.#check(name, budget);
    if (result === "none") return permerror(detail);
    return result === "temperror" || result === "permerror"
      ? { result, detail }
      : result === "pass";
  }

  /** Finds the local rule that matches. Local rules have a budget of their own; an error is no match. */
  async #findLocalRule(result: SpfResult): Promise<string | undefined> {
    const { localRules = [] } = this.#query;
    if (!["fail", "softfail", "neutral", "none"].includes(result)) {
      return undefined;
    }
    const domain = this.#identity.domain ?? "";
    const matched = await this.#firstMatch(localRules, domain, new Budget());
    return matched !== undefined && "text" in matched &&
        matched.result === "pass"
      ? matched.text
      : undefined;
  }

  async #explainOurselves(): Promise<string | undefined> {
    const { defaultExplanation } = this.#query;
    return defaultExplanation &&
      await expandExplanation(
        defaultExplanation,
        this.#values(this.#identity.domain ?? ""),
      );
  }

  /** The values of the macro letters (section 7.2) in a record of a domain. */
  #values(domain: string): MacroValues {
    const { client, helo } = this.#query;
    const { localPart, domain: ownDomain = "" } = this.#identity;
    const { receiver, now } = this.#ports;
    const values: Record<
      Parameters<MacroValues>[0],
      () => ReturnType<MacroValues>
    > = {
      s: () => `${localPart}@${ownDomain}`,
      l: () => localPart,
      o: () => ownDomain,
      d: () => domain,
      i: () => formatDotted(client),
      p: () => this.#questions.validatedName(domain),
      h: () => cut(helo || "unknown"),
      c: () => formatAddress(client),
      r: () => receiver || "unknown",
      t: () => String(now),
      v: () => reverseZone(client),
    };
    return (letter) => values[letter]();
  }

  #note(domain: string, term: string, outcome: TermOutcome): void {
    this.#steps.push({ step: "term", domain, term, outcome });
  }
}
