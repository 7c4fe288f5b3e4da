// What a report says, as data: this is what --json prints, and what the tables and plots are made
// of. Names that senders chose are printable ASCII, as every line of ours is, and nowhere shortened.

import type { Counter } from "./counter.ts";
import { type Outcome, OUTCOMES } from "./mail.ts";
import type { Tally } from "./tally.ts";

/** How many rows a list of names has. */
const TOP = 20;

/** A report. */
export interface Figures {
  /** ISO 8601. */
  since: string;
  until: string;
  mails: number;
  lines: {
    /** Ours, with a time that is not of the period. */
    outsidePeriod: number;
    /** Ours, without a time. */
    withoutTime: number;
    withoutTimeCounted: boolean;
    /** Anybody's, too long to be looked at. */
    tooLong: number;
  };
  outcomes: { outcome: string; mails: number }[];
  /** Local days, all of them from the first to the last one with mail. */
  days: ({ day: string } & Partial<Record<Outcome, number>>)[];
  unsigned: { action: string; reason: string; mails: number }[];
  results: { scheme: string; letter: string; result: string; mails: number }[];
  refused: { action: string; cause: string; mails: number }[];
  failed: { exit: string; reason: string; mails: number }[];
  failingDomains: {
    domain: string;
    mails: number;
    letters: { letter: string; count: number }[];
  }[];
  selectors: {
    domain: string;
    selector: string;
    algorithm: string;
    mails: number;
    last: string | null;
  }[];
  methods: { method: string; result: string; mails: number }[];
  dns: {
    mails: number;
    meanMs: number | null;
    slowest: {
      milliseconds: number;
      time: string | null;
      domain: string;
      qp: string;
    }[];
  };
  warnings: { warning: string; mails: number }[];
  bytes: number;
  forged: { mails: number; fields: number };
  sealed: number;
  /** Lists that had too many names: what they say of rare ones is too low. */
  cut: string[];
}

/** Makes a report of what was counted. */
export function figuresOf(tally: Tally, tooLong: number): Figures {
  const { period, dns, sums } = tally;
  return {
    since: new Date(period.since).toISOString(),
    until: new Date(period.until).toISOString(),
    mails: tally.mails,
    lines: {
      outsidePeriod: tally.outside,
      withoutTime: tally.untimed,
      withoutTimeCounted: period.hasUntimed,
      tooLong,
    },
    outcomes: outcomesOf(tally),
    days: daysOf(tally.days),
    unsigned: rowsOf(tally.unsigned, ["action", "reason"]),
    results: rowsOf(tally.results, ["scheme", "letter", "result"]),
    refused: rowsOf(tally.refused, ["action", "cause"]),
    failed: rowsOf(tally.failed, ["exit", "reason"]),
    failingDomains: tally.domains.sorted().slice(0, TOP)
      .map(([domain, { mails, letters }]) => ({
        domain: domain,
        mails,
        letters: [...letters].toSorted(([, a], [, b]) => b - a)
          .map(([letter, count]) => ({ letter, count })),
      })),
    selectors: tally.selectors.sorted().slice(0, TOP)
      .map(([name, { mails, last }]) => ({
        ...split(name, ["domain", "selector", "algorithm"]),
        mails,
        last: timeOf(last),
      })),
    methods: rowsOf(tally.methods, ["method", "result"]),
    dns: {
      mails: dns.mails,
      meanMs: dns.mails === 0 ? null : Math.round(dns.milliseconds / dns.mails),
      slowest: dns.slowest.map(({ milliseconds, at, domain, qp }) => ({
        milliseconds,
        time: timeOf(at),
        domain: domain,
        qp: qp,
      })),
    },
    warnings: rowsOf(tally.warnings, ["warning"]),
    bytes: sums.bytes,
    forged: { mails: sums.forgedMails, fields: sums.forged },
    sealed: sums.sealed,
    cut: cutOf(tally),
  };
}

function timeOf(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}

function outcomesOf({ outcomes }: Tally) {
  const counts = new Map(outcomes.counts());
  const known = OUTCOMES.map((outcome) => ({
    outcome: outcome as string,
    mails: counts.get(outcome) ?? 0,
  }));
  const others = [...counts].filter(([name]) =>
    !OUTCOMES.some((outcome) => outcome === name)
  ).map(([outcome, mails]) => ({ outcome: outcome, mails }));
  return [...known, ...others.slice(0, TOP)];
}

function rowsOf<Name extends string>(
  counter: Counter<{ count: number }>,
  names: readonly Name[],
) {
  return counter.sorted().slice(0, TOP).map(([text, { count }]) => ({
    ...split(text, names),
    mails: count,
  }));
}

/** A name that was joined at tabs; no value in a log line has one. */
function split<Name extends string>(
  text: string,
  names: readonly Name[],
): Record<Name, string> {
  const parts = text.split("\t");
  return Object.fromEntries(
    names.map((name, n) => [name, parts[n] ?? ""]),
  ) as Record<Name, string>;
}

/** With the days between that had no mail. */
function daysOf(days: Map<number, Map<Outcome, number>>): Figures["days"] {
  const starts = [...days.keys()].toSorted((a, b) => a - b);
  const [first] = starts;
  const last = starts.at(-1);
  if (first === undefined || last === undefined) return [];
  const rows: Figures["days"] = [];
  const day = new Date(first);
  while (day.getTime() <= last) {
    const counts = days.get(day.getTime()) ?? [];
    rows.push({ day: formatDay(day), ...Object.fromEntries(counts) });
    day.setDate(day.getDate() + 1);
  }
  return rows;
}

function formatDay(day: Date): string {
  const [month, date] = [day.getMonth() + 1, day.getDate()]
    .map((number) => String(number).padStart(2, "0"));
  return `${day.getFullYear()}-${month}-${date}`;
}

function cutOf(tally: Tally): string[] {
  return Object.entries({
    unsigned: tally.unsigned,
    results: tally.results,
    refused: tally.refused,
    failed: tally.failed,
    failingDomains: tally.domains,
    selectors: tally.selectors,
    methods: tally.methods,
    warnings: tally.warnings,
  }).filter(([, { isCut }]) => isCut).map(([name]) => name);
}
