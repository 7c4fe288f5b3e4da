// Which of our programs a file is: by what is in it, since its name may be that of another one, as
// qmail-remote, and its place may have been taken. Refuses to execute it.

import { readHead } from "../../lib/system/process/executable.ts";

const HEAD_BYTES = 512;

/** The programs that stand between qmail and its queue, or the network. */
export const FILTER_NAMES = [
  "qmail-dk",
  "dk-sign",
  "dk-verify",
  "dk-remote",
] as const;

/** What a launcher says of itself, in its second line. */
export function formatTitle(program: string, version: string): string {
  return `${program} of qmail-dk ${version}: made, replaced and removed by its install script.`;
}

const TITLE = /^#!\/bin\/sh\n# ([\w-]+) of qmail-dk (\S+): made, /;

/** @returns The name of our program; `undefined` for any other, and for what we may not read. */
export function identifyProgram(path: string): string | undefined {
  try {
    return TITLE.exec(readHead(path, HEAD_BYTES))?.[1];
  } catch {
    // qmail's own programs are executable and not readable; a script of ours would not run then.
    return undefined;
  }
}
