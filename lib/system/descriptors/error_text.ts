// The text for the SMTP client, on the descriptor that a caller has given for it. Knows no reason.

import { cString, hasLibc, libcHere } from "../process/libc.ts";

/** What a caller takes of a text. */
const TEXT_BYTES = 255;

const F_GETFD = 1;
const FD_CLOEXEC = 1;
const F_GETFL = 3;
const O_ACCMODE = 3;
const O_WRONLY = 1;
/** On Linux; of nothing but a pipe. */
const F_GETPIPE_SZ = 1032;

/** @returns Whether the caller has the text: it gave a pipe to write to, and has taken all of it. */
export function tellCaller(fd: number, text: string): boolean {
  return hasLibc() && takesText(fd) && write(fd, text);
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

function write(fd: number, text: string): boolean {
  const line = cString(text.slice(0, TEXT_BYTES));
  const length = line.length - 1;
  return Number(libcHere("reporting").write(fd, line, BigInt(length))) ===
    length;
}
