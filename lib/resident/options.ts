// The command line of dk-resident. Knows no folder.

import { SLOTS } from "../system/slots/folder.ts";

export const USAGE = `usage: dk-resident [--slots N] [--max-rss MB] FOLDER
       dk-resident --status FOLDER

Signs and verifies for the launchers that meet it in FOLDER, which is to be the user's own,
mode 0700. Stays in the foreground, logs to descriptor 2, and ends on SIGTERM.

  --slots N     so many mails at a time, at most 64, which is the default
  --max-rss MB  end when the process has grown larger, 256 by default: whoever
                supervises it starts it anew
  --status      print what the process in FOLDER has done
  --help        print this text

Exits 0 when it was told to end or has reason to, 1 if something failed, 2 if the command
line is wrong.
`;

/** The command line as values. */
export type Options =
  | { action: "help" }
  | { action: "status"; folder: string }
  | { action: "serve"; folder: string; slots: number; maxRssBytes: number };

/** @throws {SyntaxError} For a command line that makes no sense. */
export function parseOptions(args: readonly string[]): Options {
  const rest = [...args];
  const given = new Map<string, string>();
  while (rest[0]?.startsWith("--")) {
    const [name = "", ...values] = rest.shift()!.slice(2).split("=");
    if (["help", "status"].includes(name) && values.length === 0) {
      given.set(name, "");
    } else if (["slots", "max-rss"].includes(name)) {
      const value = values.length > 0 ? values.join("=") : rest.shift();
      given.set(name, value ?? "");
    } else throw new SyntaxError(`Unexpected argument "--${name}"`);
  }
  if (given.has("help")) return { action: "help" };
  const [folder, extra] = rest;
  if (folder === undefined || extra !== undefined) {
    throw new SyntaxError("Give one folder");
  }
  if (given.has("status")) return { action: "status", folder };
  return {
    action: "serve",
    folder,
    slots: readNumber(given, "slots", SLOTS, SLOTS),
    maxRssBytes: readNumber(given, "max-rss", 256, 1_000_000) * (1 << 20),
  };
}

function readNumber(
  given: Map<string, string>,
  name: string,
  missing: number,
  most: number,
): number {
  const text = given.get(name);
  if (text === undefined) return missing;
  const number = Number(text);
  if (/^[1-9][0-9]*$/.test(text) && number <= most) return number;
  throw new SyntaxError(
    `Cannot use "${text}" for --${name}: give a number from 1 to ${most}`,
  );
}
