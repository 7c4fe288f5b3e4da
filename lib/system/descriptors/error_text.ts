// Writes the text for the SMTP client, on the descriptor that the caller has opened for it. Knows no
// reason of a refusal.

import { readDescriptorInfo } from "../process/descriptor_info.ts";
import { cString, type Libc } from "../process/libc.ts";

/** What a caller takes of a text. */
const TEXT_BYTES = 255;

const F_GETFD = 1;
const FD_CLOEXEC = 1;
const F_GETFL = 3;
const O_ACCMODE = 3;
const O_WRONLY = 1;
/** On Linux; of nothing but a pipe. */
const F_GETPIPE_SZ = 1032;

/** @returns Whether the caller has opened a pipe for the text and has taken all of it. */
export function tellCaller(libc: Libc, fd: number, text: string): boolean {
  return takesText(libc, fd) && write(libc, fd, text);
}

/**
 * Tells whether another process has a pipe for the text, opened by its caller.
 *
 * @param pid The process id of a shell, which has no sockets of its own there.
 */
export function takesTextOf(pid: number, fd: number): boolean {
  try {
    const { flags } = readDescriptorInfo(pid, fd);
    return (flags & O_ACCMODE) === O_WRONLY &&
      Deno.statSync(`/proc/${pid}/fd/${fd}`).isFifo === true;
  } catch {
    // No such descriptor, no such process or no /proc: the caller gets the plain exit code.
    return false;
  }
}

/** Tells whether the descriptor is a pipe of the caller's. It may be a socket of the runtime instead. */
function takesText(libc: Libc, fd: number): boolean {
  const { fcntl } = libc.here("access");
  const flags = fcntl(fd, F_GETFD);
  if (flags === -1 || (flags & FD_CLOEXEC) !== 0) return false;
  if ((fcntl(fd, F_GETFL) & O_ACCMODE) !== O_WRONLY) return false;
  return isPipe(libc, fd);
}

function isPipe(libc: Libc, fd: number): boolean {
  if (Deno.build.os === "linux") {
    return libc.here("access").fcntl(fd, F_GETPIPE_SZ) !== -1;
  }
  try {
    return Deno.statSync(`/dev/fd/${fd}`).isFifo === true;
  } catch {
    // We may not look at it, so nothing is written: the caller gets the plain exit code.
    return false;
  }
}

function write(libc: Libc, fd: number, text: string): boolean {
  const line = cString(text.slice(0, TEXT_BYTES));
  const length = line.length - 1;
  return Number(libc.here("reporting").write(fd, line, BigInt(length))) ===
    length;
}
