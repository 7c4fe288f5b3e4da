// Counts what lines say, within a period. State that does not grow with the log: names are held to a
// limit, mails are not held. What is printed of it is the business of others.

import { copyOf, Counter, NameCounter } from "./counter.ts";
import type { LogLine } from "./log_line.ts";
import { type Mail, type Outcome, outcomeOf, readMail } from "./mail.ts";
import type { Period } from "./period.ts";

/** How many mails with slow DNS are told. */
const SLOWEST = 10;

/** A mail for which DNS was slow. */
export interface SlowMail {
  milliseconds: number;
  at: number | undefined;
  domain: string;
  qp: string;
}

interface Failures {
  mails: number;
  /** By `dkim P`, and the like. */
  letters: Map<string, number>;
}

interface Use {
  mails: number;
  last: number | undefined;
}

/** Counts lines. */
export class Tally {
  readonly period: Period;
  mails = 0;
  untimed = 0;
  outside = 0;
  readonly outcomes = new NameCounter();
  /** Why mail was not signed: action and reason, at a tab. */
  readonly unsigned = new NameCounter();
  /** Scheme, letter, result, at tabs. */
  readonly results = new NameCounter();
  /** Action and what the letters were given for, at a tab. */
  readonly refused = new NameCounter();
  /** Exit code and reason, at a tab. */
  readonly failed = new NameCounter();
  readonly warnings = new NameCounter();
  /** Method and result of SPF, DMARC and ARC, at a tab. */
  readonly methods = new NameCounter();
  readonly domains = new Counter<Failures>(
    () => ({ mails: 0, letters: new Map() }),
    ({ mails }) => mails,
  );
  /** Domain, selector, algorithm, at tabs. */
  readonly selectors = new Counter<Use>(
    () => ({ mails: 0, last: undefined }),
    ({ mails }) => mails,
  );
  /** By the first millisecond of a local day. */
  readonly days = new Map<number, Map<Outcome, number>>();
  readonly sums = { bytes: 0, forged: 0, forgedMails: 0, sealed: 0 };
  readonly dns = { mails: 0, milliseconds: 0, slowest: [] as SlowMail[] };
  #day = { start: Infinity, end: -Infinity };

  constructor(period: Period) {
    this.period = period;
  }

  /** Counts a line, if it is of the period. */
  add(line: LogLine): void {
    const { at } = line;
    const { since, until, hasUntimed } = this.period;
    if (at === undefined) {
      this.untimed++;
      if (!hasUntimed) return;
    } else if (at < since || at >= until) {
      this.outside++;
      return;
    }
    this.#count(readMail(line), at);
  }

  #count(mail: Mail, at: number | undefined): void {
    const { action, facts } = mail;
    this.mails++;
    const outcome = outcomeOf(mail);
    this.outcomes.add(outcome ?? action);
    if (outcome !== undefined && at !== undefined) this.#countDay(outcome, at);
    if (outcome === "unsigned") {
      this.unsigned.add(`${action}\t${facts.reason ?? ""}`);
    } else if (outcome === "rejected" || outcome === "deferred") {
      this.refused.add(`${action}\t${causeOf(mail)}`);
    } else if (outcome === "failed") {
      this.failed.add(`${facts.exit ?? ""}\t${facts.reason ?? ""}`);
    }
    if (facts.warning !== undefined) this.warnings.add(facts.warning);
    this.#countSignatures(mail, at);
    this.#countResults(mail);
    this.#countFacts(mail, at);
  }

  #countDay(outcome: Outcome, at: number): void {
    if (at < this.#day.start || at >= this.#day.end) this.#day = dayOf(at);
    const { start } = this.#day;
    const day = this.days.get(start) ?? new Map<Outcome, number>();
    this.days.set(start, day);
    day.set(outcome, (day.get(outcome) ?? 0) + 1);
  }

  #countSignatures(
    { action, signatures }: Mail,
    at: number | undefined,
  ): void {
    if (action !== "signed") return;
    for (const { domain = "", selector = "", algorithm = "" } of signatures) {
      const use = this.selectors.at(`${domain}\t${selector}\t${algorithm}`);
      use.mails++;
      if (at !== undefined) use.last = Math.max(use.last ?? at, at);
    }
  }

  #countResults({ results, deciding }: Mail): void {
    for (const { scheme, letter, result } of deciding) {
      this.results.add(`${scheme}\t${letter}\t${result}`);
    }
    const counted: string[] = [];
    for (const { scheme, letter, result, domain } of results) {
      if (result === "pass" || domain === undefined) continue;
      const failures = this.domains.at(domain);
      if (!counted.includes(domain)) failures.mails++;
      counted.push(domain);
      // Letters are a closed set; what a forged line says of them is not.
      const name = /^[A-Z]$/.test(letter) ? `${scheme} ${letter}` : scheme;
      failures.letters.set(name, (failures.letters.get(name) ?? 0) + 1);
    }
  }

  #countFacts({ facts, deciding }: Mail, at: number | undefined): void {
    for (const method of ["spf", "dmarc", "arc"] as const) {
      const result = facts[method];
      if (result !== undefined) this.methods.add(`${method}\t${result}`);
    }
    this.sums.bytes += numberOf(facts.bytes);
    const forged = numberOf(facts.forged);
    this.sums.forged += forged;
    if (forged > 0) this.sums.forgedMails++;
    if (facts.sealed !== undefined) this.sums.sealed++;
    if (facts.dns_ms === undefined) return;
    const milliseconds = numberOf(facts.dns_ms);
    this.dns.mails++;
    this.dns.milliseconds += milliseconds;
    const { slowest } = this.dns;
    if (
      slowest.length === SLOWEST && milliseconds <= slowest.at(-1)!.milliseconds
    ) return;
    const domain = copyOf(deciding.at(-1)?.domain ?? "");
    slowest.push({ milliseconds, at, domain, qp: copyOf(facts.qp ?? "") });
    slowest.sort((a, b) => b.milliseconds - a.milliseconds);
    slowest.splice(SLOWEST);
  }
}

/** What a site's letters were given for. */
function causeOf({ deciding, facts }: Mail): string {
  const results = deciding.map(({ scheme, letter }) => `${scheme} ${letter}`);
  const others = (["spf", "dmarc"] as const).flatMap((method) => {
    const result = facts[method];
    return result === undefined ? [] : [`${method} ${result}`];
  });
  return [...results, ...others].join(", ");
}

function numberOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

function dayOf(at: number): { start: number; end: number } {
  const date = new Date(at);
  const [year, month, day] = [
    date.getFullYear(),
    date.getMonth(),
    date.getDate(),
  ];
  return {
    start: new Date(year, month, day).getTime(),
    end: new Date(year, month, day + 1).getTime(),
  };
}
