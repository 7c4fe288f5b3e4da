// Refusing a message, which is then not queued: the exit code, and the text for the SMTP client
// where the caller takes one. Knows no reason.

import type { Outcome } from "../pass/pass.ts";
import { EXIT } from "../qmail/exit_code.ts";
import { cString, hasLibc, libcHere } from "../system/process/libc.ts";
import { exit } from "../system/process/run.ts";

/** What a caller takes of a text. */
const TEXT_BYTES = 255;

const F_GETFD = 1;
const FD_CLOEXEC = 1;
const F_GETFL = 3;
const O_ACCMODE = 3;
const O_WRONLY = 1;
/** On Linux; of nothing but a pipe. */
const F_GETPIPE_SZ = 1032;

/**
 * Ends the program.
 *
 * @param errorFd ERROR_FD: the text is written there, and the exit code says so.
 * @param log Writes the log, which is not for the client: left out where fd 2 takes the text.
 */
export function refuse(
  { action, text }: NonNullable<Outcome["refusal"]>,
  errorFd: number | undefined,
  log: () => void,
): never {
  const isTold = errorFd !== undefined && hasLibc() && takesText(errorFd) &&
    tell(errorFd, text);
  if (isTold && errorFd === 2) return exit(EXIT.textGivenOnFd2);
  log();
  if (isTold) return exit(EXIT.textGiven);
  return exit(action === "reject" ? EXIT.rejected : EXIT.deferred);
}

/** The caller gave a pipe to write to. Without one there, a socket of the runtime's may be. */
function takesText(fd: number): boolean {
  const { fcntl } = libcHere("access");
  const flags = fcntl(fd, F_GETFD);
  if (flags === -1 || (flags & FD_CLOEXEC) !== 0) return false;
  if ((fcntl(fd, F_GETFL) & O_ACCMODE) !== O_WRONLY) return false;
  return isPipe(fd);
}

function isPipe(fd: number): boolean {
  if (Deno.build.os === "linux") {
    return libcHere("access").fcntl(fd, F_GETPIPE_SZ) !== -1;
  }
  try {
    return Deno.statSync(`/dev/fd/${fd}`).isFifo === true;
  } catch {
    // What cannot be looked at is not written to: the caller gets the plain code.
    return false;
  }
}

function tell(fd: number, text: string): boolean {
  const line = cString(text.slice(0, TEXT_BYTES));
  const length = line.length - 1;
  return Number(libcHere("reporting").write(fd, line, BigInt(length))) ===
    length;
}
