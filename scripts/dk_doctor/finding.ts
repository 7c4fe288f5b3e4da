// What a check found, and how it is shown: a line for a person, or JSON. Knows no check.

import { escapeText } from "../dktest/report.ts";

/** How bad it is; only `fail` makes the whole fail. */
export type Status = "ok" | "warn" | "fail";

/** What one check found out about one thing. */
export interface Finding {
  check: string;
  status: Status;
  /** What was looked at. */
  subject: string;
  detail: string;
  /** What to do next; `null` where nothing is to be done. */
  advice: string | null;
}

const COLOURS: Record<Status, number> = { ok: 32, warn: 33, fail: 31 };
const CHECK_WIDTH = 8;

/** All is well, or something is worth knowing. */
export function ok(
  check: string,
  subject: string,
  detail: string,
  advice: string | null = null,
): Finding {
  return { check, status: "ok", subject, detail, advice };
}

/** Mail goes its way, but not as well as it could. */
export function warn(
  check: string,
  subject: string,
  detail: string,
  advice: string,
): Finding {
  return { check, status: "warn", subject, detail, advice };
}

/** Mail is deferred, refused or not believed. */
export function fail(
  check: string,
  subject: string,
  detail: string,
  advice: string,
): Finding {
  return { check, status: "fail", subject, detail, advice };
}

/** One line, and one more for the advice. */
export function formatFinding(finding: Finding, isColoured: boolean): string {
  const { check, status, subject, detail, advice } = finding;
  const word = status.padEnd(4);
  const shown = isColoured ? `\x1b[${COLOURS[status]}m${word}\x1b[0m` : word;
  const line = escapeText(`${check.padEnd(CHECK_WIDTH)} ${subject}: ${detail}`);
  // A tab is what stands between the parts of a record that is to be copied.
  const next = advice?.split("\t").map(escapeText).join("\t");
  return `${shown} ${line}\n${next === undefined ? "" : `     -> ${next}\n`}`;
}

/** One document, each finding on a line of its own. */
export function formatFindings(findings: Finding[]): string {
  const lines = findings.map(({ check, status, subject, detail, advice }) =>
    `  ${JSON.stringify({ check, status, subject, detail, advice })}`
  );
  return `[\n${lines.join(",\n")}\n]\n`;
}
