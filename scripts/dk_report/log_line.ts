// A line that one of our programs has left in a log, as lib/system/process/log.ts writes it:
// `program: action key=value key="quoted value"`, in printable ASCII. Anything else is no line of
// ours.

import { readPrefix } from "./time_stamp.ts";

/** One line. All of it is printable ASCII. */
export interface LogLine {
  program: string;
  /** What was done, in the log's words. */
  action: string;
  /** In their order; a key can be there several times. */
  notes: [key: string, value: string][];
  /** Milliseconds since 1970; `undefined` where the log has no time. */
  at: number | undefined;
}

const HEAD =
  /(qmail-dk|dk-sign|dk-verify|dk-remote): ([a-z]+(?: [a-z]+)*)(?= [a-z0-9_]+=|$)/y;

const NOT_PRINTABLE = /[^ -~]/;

/**
 * Reads a line.
 *
 * @param now Milliseconds since 1970, for what stands without a year.
 * @returns `undefined` if it is none of ours.
 */
export function parseLogLine(line: string, now: number): LogLine | undefined {
  const { end, at } = readPrefix(line, now);
  HEAD.lastIndex = end;
  const found = HEAD.exec(line);
  if (found === null || NOT_PRINTABLE.test(line)) return undefined;
  const [, program = "", action = ""] = found;
  return { program, action, at, notes: parseNotes(line, HEAD.lastIndex) };
}

/** Ends where the line does, or where it is no longer as we write it: a log can cut lines. */
function parseNotes(line: string, start: number): [string, string][] {
  const notes: [string, string][] = [];
  for (let at = start + 1; at < line.length;) {
    const equals = line.indexOf("=", at);
    if (equals === -1) break;
    const isQuoted = line[equals + 1] === '"';
    const begin = isQuoted ? equals + 2 : equals + 1;
    const found = line.indexOf(isQuoted ? '"' : " ", begin);
    if (found === -1 && isQuoted) break;
    const end = found === -1 ? line.length : found;
    notes.push([line.slice(at, equals), line.slice(begin, end)]);
    at = isQuoted ? end + 2 : end + 1;
  }
  return notes;
}
