// The tables of a report, as a terminal and a page have them: which there are, their titles, heads
// and cells. Knows neither of the two.

import type { Figures } from "./figures.ts";
import { OUTCOMES } from "./mail.ts";

/** A table. */
export interface Section {
  /** The figures that it shows. */
  name: string;
  title: string;
  head: string[];
  /** Numbers stand to the right. */
  rows: (string | number)[][];
}

/** What a report has to say; a table without rows is left out, but for the first. */
export function sectionsOf(figures: Figures): Section[] {
  const [first, ...others] = allSections(figures);
  return [first!, ...others.filter(({ rows }) => rows.length > 0)];
}

function allSections(figures: Figures): Section[] {
  return [
    {
      name: "outcomes",
      title: "Mails",
      head: ["what became of them", "mails"],
      rows: figures.outcomes.filter(({ mails }) => mails > 0)
        .map(({ outcome, mails }) => [outcome, mails]),
    },
    {
      name: "days",
      title: "Mails a day",
      head: ["day", ...OUTCOMES],
      rows: figures.days.map((row) => [
        row.day,
        ...OUTCOMES.map((outcome) => row[outcome] ?? 0),
      ]),
    },
    {
      name: "unsigned",
      title: "Not signed, and why",
      head: ["action", "reason", "mails"],
      rows: figures.unsigned.map(({ action, reason, mails }) => [
        action,
        reason,
        mails,
      ]),
    },
    {
      name: "selectors",
      title: "Selectors in use",
      head: ["domain", "selector", "algorithm", "signatures", "last"],
      rows: figures.selectors.map((row) => [
        row.domain,
        row.selector,
        row.algorithm,
        row.mails,
        formatTime(row.last),
      ]),
    },
    {
      name: "results",
      title: "Verified, by letter and result",
      head: ["scheme", "letter", "result", "mails"],
      rows: figures.results.map(({ scheme, letter, result, mails }) => [
        scheme,
        letter,
        result,
        mails,
      ]),
    },
    {
      name: "methods",
      title: "SPF, DMARC and ARC",
      head: ["method", "result", "mails"],
      rows: figures.methods.map(({ method, result, mails }) => [
        method,
        result,
        mails,
      ]),
    },
    {
      name: "refused",
      title: "Refused and deferred, by what the letters were given for",
      head: ["action", "cause", "mails"],
      rows: figures.refused.map(({ action, cause, mails }) => [
        action,
        cause,
        mails,
      ]),
    },
    {
      name: "failed",
      title: "Failed: trouble of our own",
      head: ["exit", "reason", "mails"],
      rows: figures.failed.map(({ exit, reason, mails }) => [
        exit,
        reason,
        mails,
      ]),
    },
    {
      name: "failingDomains",
      title: "Domains whose signatures fail most",
      head: ["domain", "mails", "letters"],
      rows: figures.failingDomains.map(({ domain, mails, letters }) => [
        domain,
        mails,
        letters.map(({ letter, count }) => `${letter}: ${count}`).join(", "),
      ]),
    },
    {
      name: "dns",
      title: "Slowest DNS",
      head: ["milliseconds", "time", "domain", "qp"],
      rows: figures.dns.slowest.map((row) => [
        row.milliseconds,
        formatTime(row.time),
        row.domain,
        row.qp,
      ]),
    },
    {
      name: "warnings",
      title: "Warnings",
      head: ["warning", "mails"],
      rows: figures.warnings.map(({ warning, mails }) => [warning, mails]),
    },
  ];
}

/** Sentences on the report as a whole. */
export function remarksOf(figures: Figures): string[] {
  const { lines, forged, sealed, bytes, dns, cut } = figures;
  const { withoutTime, withoutTimeCounted, tooLong } = lines;
  return [
    ...(withoutTime > 0
      ? [
        `${withoutTime} lines are without time, and ${
          withoutTimeCounted ? "counted" : "not counted"
        }`,
      ]
      : []),
    ...(tooLong > 0
      ? [`${tooLong} lines are too long and were not looked at`]
      : []),
    ...(forged.mails > 0
      ? [
        `${forged.fields} forged Authentication-Results fields were taken out of ${forged.mails} mails`,
      ]
      : []),
    ...(sealed > 0 ? [`${sealed} mails were sealed`] : []),
    ...(bytes > 0 ? [`The mails have ${bytes} bytes`] : []),
    ...(dns.meanMs === null
      ? []
      : [`DNS took ${dns.meanMs} ms in the mean of ${dns.mails} mails`]),
    ...(cut.length > 0
      ? [
        `There are too many names; rare ones are left out of: ${
          cut.join(", ")
        }`,
      ]
      : []),
  ];
}

/** The time that a report is about, and how many mails. */
export function headlineOf({ since, until, mails }: Figures): string {
  return `${formatTime(since)} to ${formatTime(until)}: ${mails} mails`;
}

/** Local time, as people read it. */
function formatTime(iso: string | null): string {
  if (iso === null) return "";
  const date = new Date(iso);
  const [month, day, hour, minute] = [
    date.getMonth() + 1,
    date.getDate(),
    date.getHours(),
    date.getMinutes(),
  ].map((number) => String(number).padStart(2, "0"));
  return `${date.getFullYear()}-${month}-${day} ${hour}:${minute}`;
}
