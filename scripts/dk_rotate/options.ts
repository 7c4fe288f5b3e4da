// The command line of dk-rotate.

import { parseArguments } from "../command/arguments.ts";
import { UsageError } from "../command/failure.ts";
import type { RotationOptions } from "../../lib/keys/rotation.ts";

export const USAGE = `usage: dk-rotate [options] FOLDER...

Replaces the DKIM keys of a domain without a gap. FOLDER bears the domain's name
and holds its keys, as /etc/domainkeys/example.com. Each run does what can be
done now: makes the next key, has it sign when all servers have its record,
removes an old key that DNS has no more. To be run by cron, each day.

  --record FILE     write all records that DNS is to have, for $INCLUDE
  --tinydns         write and print records as lines for tinydns-data
  --authoritative   ask every name server of the zone too
  --wait            ask each minute until the records are there
  --every DAYS      replace keys that are so old, 180 by default
  --keep DAYS       keep the old record for so long, 14 by default
  --forget DAYS     keep the revoked record for so long, 30 by default
  --now             replace keys that are younger too
  --dry-run         say what would be done, and do nothing
  --help            print this text

Exits 0 if all went well, also where a record is waited for, 1 if something
failed, 2 if the command line is wrong.
`;

/** What is to be done. */
export interface Options extends RotationOptions {
  folders: string[];
  recordFile: string | undefined;
  isTinydns: boolean;
  isAuthoritative: boolean;
  isWaiting: boolean;
  isDryRun: boolean;
}

/**
 * @returns `undefined` if the usage is asked for.
 * @throws {UsageError} For what makes no sense.
 */
export function parseOptions(args: string[]): Options | undefined {
  const given = parseArguments(args, {
    flags: ["tinydns", "authoritative", "wait", "now", "dry-run"],
    values: ["record", "every", "keep", "forget"],
  });
  if (given.help) return undefined;
  if (given._.length === 0) throw new UsageError("The folder is missing");
  return {
    folders: given._.map((folder) => folder.replace(/(?<=.)\/+$/, "")),
    recordFile: given.record,
    isTinydns: given.tinydns,
    isAuthoritative: given.authoritative,
    isWaiting: given.wait,
    isDryRun: given["dry-run"],
    isForced: given.now,
    everyDays: parseDays("every", given.every ?? "180"),
    keepDays: parseDays("keep", given.keep ?? "14"),
    forgetDays: parseDays("forget", given.forget ?? "30"),
  };
}

function parseDays(name: string, text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new UsageError(`Cannot use "${text}" for --${name}: give days`);
}
