// What stands in front of a log line: the label of multilog or svlogd, what syslog and splogger
// write, or nothing. The innermost stamp counts. Time without a zone is local time.

import { LABEL_LENGTH, readTai64n } from "./tai64n.ts";

/** Where the line begins that a program wrote, and when it was written. */
export interface Prefix {
  end: number;
  /** Milliseconds since 1970; `undefined` where nothing says it. */
  at: number | undefined;
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** `2026-11-27T01:02:03.5+01:00`, `2026-11-27 01:02:03`, `2026-11-27_01:02:03.5`. */
const ISO =
  /(\d{4}-\d\d-\d\d)[T_ ](\d\d:\d\d:\d\d)([.,]\d{1,9})?(Z|[+-]\d\d:\d\d)? +/y;
/** `Nov 27 01:02:03`. */
const SYSLOG = /(?:<\d{1,3}>)?([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) /y;
/** `host smtpd[123]: ` or `host ` after either; a program of ours is neither. */
const HOST_AND_TAG =
  /(?!(?:qmail-dk|dk-[a-z]+): )[^ ]{1,255} (?:(?!(?:qmail-dk|dk-[a-z]+): )[^ ]{1,64}: )?/y;
/** `1764205323.123456`, of splogger. */
const EPOCH = /(\d{9,11})\.(\d{6}) /y;

/**
 * Reads what stands in front of a line.
 *
 * @param now Milliseconds since 1970: a stamp without a year is the last one before tomorrow.
 */
export function readPrefix(line: string, now: number): Prefix {
  const outer = readLabel(line, 0) ?? readOuter(line, now);
  if (outer === undefined) return { end: 0, at: undefined };
  return readLabel(line, outer.end) ?? readEpoch(line, outer.end) ?? outer;
}

function readLabel(line: string, start: number): Prefix | undefined {
  const end = start + LABEL_LENGTH;
  const at = readTai64n(line, start);
  return at === undefined || line[end] !== " "
    ? undefined
    : { end: end + 1, at };
}

function readEpoch(line: string, start: number): Prefix | undefined {
  const found = matchAt(EPOCH, line, start);
  if (found === null) return undefined;
  const at = Number(found[1]) * 1000 + Math.trunc(Number(found[2]) / 1000);
  return { end: EPOCH.lastIndex, at };
}

function readOuter(line: string, now: number): Prefix | undefined {
  const { at, end } = readIso(line) ?? readSyslog(line, now) ?? {};
  if (end === undefined || at === undefined || Number.isNaN(at)) {
    return undefined;
  }
  HOST_AND_TAG.lastIndex = end;
  return { end: HOST_AND_TAG.test(line) ? HOST_AND_TAG.lastIndex : end, at };
}

function readIso(line: string): Prefix | undefined {
  const found = matchAt(ISO, line, 0);
  if (found === null) return undefined;
  const [, date, time, fraction = "", zone = ""] = found;
  const milliseconds = fraction.slice(1, 4).padEnd(3, "0");
  const at = Date.parse(`${date}T${time}.${milliseconds}${zone}`);
  return { end: ISO.lastIndex, at };
}

/** The lines of a second have one stamp, and to find its local time costs as much as all the rest. */
let last = { stamp: "", now: 0, at: NaN };

function readSyslog(line: string, now: number): Prefix | undefined {
  SYSLOG.lastIndex = 0;
  if (!SYSLOG.test(line)) return undefined;
  const end = SYSLOG.lastIndex;
  const stamp = line.slice(0, end);
  if (stamp !== last.stamp || now !== last.now) {
    last = { stamp, now, at: timeOf(stamp, now) };
  }
  return { end, at: last.at };
}

/** @returns NaN where the month has no name of ours. */
function timeOf(stamp: string, now: number): number {
  const [, name = "", ...numbers] = matchAt(SYSLOG, stamp, 0) ?? [];
  const month = MONTHS.indexOf(name);
  if (month === -1) return NaN;
  const [day = 0, hour = 0, minute = 0, second = 0] = numbers.map(Number);
  const tomorrow = now + 24 * 60 * 60 * 1000;
  const year = new Date(tomorrow).getFullYear();
  const [at, yearBefore] = [year, year - 1].map((year) =>
    new Date(year, month, day, hour, minute, second).getTime()
  );
  return at! <= tomorrow ? at! : yearBefore!;
}

function matchAt(
  pattern: RegExp,
  line: string,
  at: number,
): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(line);
}
