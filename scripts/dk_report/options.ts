// The command line of dk-report: its options as values that are checked. Refuses to open any file.

import { parseArguments } from "../command/arguments.ts";
import { UsageError } from "../command/failure.ts";
import { parseTime, type Period, periodOf } from "./period.ts";

export const USAGE = `usage: dk-report [options] [LOG]...

Says what qmail-dk, dk-sign and dk-verify did, by the lines that they have left in
logs. A LOG is a folder of multilog, a file, also one of gzip, or "-", the standard
input, which is read when there is no LOG. Lines of others are passed over.

  --since TIME  from this time, by default 7 days before the end
  --until TIME  to this time, by default now
  --json        print JSON: one object
  --html FILE   write a page with plots, for a browser, in place of the tables
  --help        print this text

TIME is 2026-11-27, "2026-11-27 13:00", 12h ago (m, h, d, w), or a TAI64N label.

example: dk-report --since 1d /var/log/qmail/smtpd
         zcat -f /var/log/mail.log* | dk-report --html mail.html

Exits 0 if all was read, 1 if something was not, 2 if the command line is wrong.
`;

/** What is asked for. */
export interface Command {
  /** Folders and files; "-" is the standard input. */
  logs: string[];
  period: Period;
  json: boolean;
  htmlFile: string | undefined;
}

/**
 * Reads the command line.
 *
 * @param now Milliseconds since 1970.
 * @returns `undefined` if the usage is asked for.
 * @throws {UsageError} If it is wrong.
 */
export function parseCommand(
  words: string[],
  now: number,
): Command | undefined {
  const args = parseArguments(words, {
    flags: ["json"],
    values: ["since", "until", "html"],
  });
  if (args.help) return undefined;
  if (args._.includes("")) throw new UsageError("A LOG has no name");
  const [since, until] = (["since", "until"] as const).map((name) =>
    timeOf(name, args[name], now)
  );
  const period = periodOf(since, until, now);
  if (period.since >= period.until) {
    throw new UsageError("Cannot report: --since is not before --until");
  }
  return {
    logs: args._.length > 0 ? args._ : ["-"],
    period,
    json: args.json,
    htmlFile: args.html,
  };
}

function timeOf(
  name: string,
  text: string | undefined,
  now: number,
): number | undefined {
  if (text === undefined) return undefined;
  const time = parseTime(text, now);
  if (time === undefined) {
    throw new UsageError(`Cannot use "${text}" for --${name}: give a time`);
  }
  return time;
}
