// The finding of a check, written as a line for a person or as JSON. Knows no check.

import { escapeText } from "../dktest/report.ts";

/** The severity. Only `fail` makes dk-doctor fail. */
export type Status = "ok" | "warn" | "fail";

/** The finding of one check about one thing. */
export interface Finding {
  check: string;
  status: Status;
  /** The thing that was checked. */
  subject: string;
  detail: string;
  /** The next step for the reader; `null` if there is none. */
  advice: string | null;
}

const COLOURS: Record<Status, number> = { ok: 32, warn: 33, fail: 31 };
const CHECK_WIDTH = 8;

/** Makes a finding that all is well. */
export function ok(
  check: string,
  subject: string,
  detail: string,
  advice: string | null = null,
): Finding {
  return { check, status: "ok", subject, detail, advice };
}

/** Makes a finding about mail that goes on, but could do better. */
export function warn(
  check: string,
  subject: string,
  detail: string,
  advice: string,
): Finding {
  return { check, status: "warn", subject, detail, advice };
}

/** Makes a finding about mail that is deferred, refused or not trusted. */
export function fail(
  check: string,
  subject: string,
  detail: string,
  advice: string,
): Finding {
  return { check, status: "fail", subject, detail, advice };
}

/** Writes a finding as one line, and its advice as a second one. */
export function formatFinding(finding: Finding, isColoured: boolean): string {
  const { check, status, subject, detail, advice } = finding;
  const word = status.padEnd(4);
  const shown = isColoured ? `\x1b[${COLOURS[status]}m${word}\x1b[0m` : word;
  const line = escapeText(`${check.padEnd(CHECK_WIDTH)} ${subject}: ${detail}`);
  // Tabs separate the parts of a record, which the reader copies.
  const next = advice?.split("\t").map(escapeText).join("\t");
  return `${shown} ${line}\n${next === undefined ? "" : `     -> ${next}\n`}`;
}

/** Writes all findings as one JSON document, one finding on a line. */
export function formatFindings(findings: Finding[]): string {
  const lines = findings.map(({ check, status, subject, detail, advice }) =>
    `  ${JSON.stringify({ check, status, subject, detail, advice })}`
  );
  return `[\n${lines.join(",\n")}\n]\n`;
}
