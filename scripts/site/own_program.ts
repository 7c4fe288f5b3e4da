// Tells which of our programs a file is, by its content: it may be named qmail-remote, and another
// program may have taken its place. Executes nothing.

import { readHead } from "../../lib/system/process/executable.ts";

const HEAD_BYTES = 512;

/** The programs that stand between qmail and its queue, or the network. */
export const FILTER_NAMES = [
  "qmail-dk",
  "dk-sign",
  "dk-verify",
  "dk-remote",
] as const;

/** The second line of a launcher, which names its program. */
export function formatTitle(program: string, version: string): string {
  return `${program} of qmail-dk ${version}: made, replaced and removed by its install script.`;
}

const TITLE = /^#!\/bin\/sh\n# ([\w-]+) of qmail-dk (\S+): made, /;

/** @returns The name of our program; `undefined` for another one, and for a file that we may not read. */
export function identifyProgram(path: string): string | undefined {
  try {
    return TITLE.exec(readHead(path, HEAD_BYTES))?.[1];
  } catch {
    // Not ours: a script must be readable to run, unlike the programs of qmail.
    return undefined;
  }
}
