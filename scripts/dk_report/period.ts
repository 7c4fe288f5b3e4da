// The time that a report is about: from its start, without its end.

import { parseTai64n } from "./tai64n.ts";

/** Milliseconds since 1970. */
export interface Period {
  since: number;
  /** No longer in it. */
  until: number;
  /** Whether what has no time is in it: nobody has named a time. */
  hasUntimed: boolean;
}

const UNITS: Record<string, number> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

const DATE = /^\d{4}-\d\d-\d\d$/;
const DATE_AND_TIME =
  /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?$/;

/**
 * Reads a time: `2026-11-27`, `2026-11-27 13:00`, `12h` ago, or a TAI64N label.
 *
 * @param now Milliseconds since 1970.
 * @returns Milliseconds since 1970; `undefined` if it is none.
 */
export function parseTime(text: string, now: number): number | undefined {
  const [, count, unit = ""] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * UNITS[unit]!;
  if (text.startsWith("@")) return parseTai64n(text);
  const date = text.slice(0, 10);
  const isForm = DATE.test(text) || DATE_AND_TIME.test(text);
  if (!isForm || !isDay(date)) return undefined;
  // Without a time, a date alone would be that of UTC.
  const rest = text.slice(11);
  const time = Date.parse(`${date}T${rest === "" ? "00:00" : rest}`);
  return Number.isNaN(time) ? undefined : time;
}

/** The 30th of February would be a day of March. */
function isDay(date: string): boolean {
  const time = Date.parse(`${date}T00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date);
}

/** The period of a report: the last 7 days where nothing else is said. */
export function periodOf(
  since: number | undefined,
  until: number | undefined,
  now: number,
): Period {
  const end = until ?? now;
  return {
    since: since ?? end - UNITS.w!,
    until: end,
    hasUntimed: since === undefined && until === undefined,
  };
}
