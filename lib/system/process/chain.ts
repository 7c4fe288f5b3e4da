// Ends a chain of programs that leads back to one of ours by a link or a wrapper, and would never end.
// Programs between ours hand the finished file on. The number of our programs that it came through is
// kept in the time of its last change.

import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import type { Input } from "./inputs.ts";

/** Each of dk-verify, dk-sign and qmail-dk twice. */
const MOST_PROGRAMS = 6;

/**
 * @param fd A descriptor of the file from the program before this one.
 * @returns How many programs of ours have had the message.
 * @throws {StepFailed} 120 when there have been too many.
 */
export function checkChain(fd: number): number {
  return checkPrograms(countBefore(`/dev/fd/${fd}`, 0));
}

/**
 * The same for a message on its way through a launcher.
 *
 * @param message The file that the launcher has as its fd 0, if it has one.
 */
export function checkChainOf(message: Input | undefined): number {
  // The name of the file before may not be gone yet.
  return checkPrograms(message === undefined ? 0 : countOf(message.info, 1));
}

function checkPrograms(before: number): number {
  if (before < MOST_PROGRAMS) return before;
  throw new StepFailed(
    EXIT.exec,
    `Cannot go on: ${before} programs of ours had this message one after the other, so the next program leads back to them`,
  );
}

/**
 * Tells the next program of ours, if one comes after the next program.
 *
 * @param programs How many of ours have had the message, with this one.
 */
export function markFile(fd: number, programs: number): void {
  try {
    Deno.utimeSync(`/dev/fd/${fd}`, programs, programs);
  } catch {
    // Not every system has /dev/fd: nothing is counted then.
  }
}

function countBefore(path: string, mostNames: number): number {
  try {
    return countOf(Deno.statSync(path), mostNames);
  } catch {
    // No /dev/fd, or the runtime may not look there.
    return 0;
  }
}

function countOf(
  { isFile, nlink, mtime }: Deno.FileInfo,
  mostNames: number,
): number {
  const seconds = (mtime?.getTime() ?? 0) / 1000;
  const isOurs = isFile && (nlink ?? 0) <= mostNames &&
    Number.isInteger(seconds) &&
    seconds <= MOST_PROGRAMS;
  return isOurs ? seconds : 0;
}
