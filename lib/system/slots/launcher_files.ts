// The message and the envelope of a launcher: its copies, or read where its caller has put them, by its own
// descriptors, which it keeps for the next program. tee(2) takes nothing out of a pipe. On Linux alone.
// Refuses to know what an envelope is.

import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { findInput, type Input } from "../process/inputs.ts";
import { cString, type Libc } from "../process/libc.ts";
import { O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK } from "../process/open_flags.ts";
import { isMissing } from "./missing.ts";

const ENVELOPE_FD = 1;
const SPLICE_F_NONBLOCK = 2;
const SEEK_SET = 0;
const SEEK_CUR = 1;

/** The most that is looked at; a pipe holds no more, if nobody has enlarged it. */
const MAX_ENVELOPE_OCTETS = 1 << 16;

/**
 * A caller writes the envelope as soon as the message has ended. Who looks into a pipe cannot see that it
 * ends there: after about a second it is copied.
 */
const WAITS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 300, 300];

/** What cannot be read where it is: the launcher is to copy it. */
export class NotInReach extends Error {}

/**
 * Opens the file that a launcher has as its fd 0, at the same offset. The launcher holds the result against
 * its own.
 *
 * @throws {NotInReach} Where it has none.
 */
export function openMessage(libc: Libc, message: Input | undefined): number {
  const fd = message === undefined ? -1 : openPath(libc, message.path);
  if (message === undefined || fd === -1) throw new NotInReach();
  seek(libc, fd, message);
  return fd;
}

/**
 * Opens a copy of the message.
 *
 * @returns `undefined` if there is none.
 * @throws {StepFailed} 54 for what is no file.
 */
export function openCopy(libc: Libc, path: string): number | undefined {
  const fd = openPath(libc, path, O_NOFOLLOW | O_NONBLOCK);
  if (fd === -1 && isMissing(libc, path)) return undefined;
  // Only a file has an offset.
  const { lseek } = libc.here("seeking");
  if (fd !== -1 && lseek(fd, 0n, SEEK_CUR) !== -1n) return fd;
  if (fd !== -1) libc.here("closing").close(fd);
  throw new StepFailed(EXIT.read, `"${path}" is no file`);
}

/**
 * Looks at the envelope until it is whole.
 *
 * @param pid The launcher's.
 * @param isOther What the launcher has there for a moment, while it asks.
 * @param parse Throws a `StepFailed` of 54 for the beginning of an envelope.
 * @throws {NotInReach} Where it is neither a pipe nor a file, or cannot be seen whole.
 */
export async function peekEnvelope<T>(
  libc: Libc,
  pid: number,
  isOther: (info: Deno.FileInfo) => boolean,
  parse: (octets: Uint8Array) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  for (const waitMs of [...WAITS_MS, undefined]) {
    const { octets, isAll } = look(libc, pid, isOther);
    try {
      return await parse(octets);
    } catch (error) {
      if (!isTooShort(error)) throw error;
    }
    if (isAll || waitMs === undefined) break;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    signal.throwIfAborted();
  }
  throw new NotInReach();
}

function isTooShort(error: unknown): boolean {
  return error instanceof StepFailed && error.code === EXIT.read;
}

/** What is there of an envelope now, and whether no more can be seen of it. */
interface Look {
  octets: Uint8Array;
  isAll: boolean;
}

const NOTHING: Look = { octets: new Uint8Array(0), isAll: false };

function look(
  libc: Libc,
  pid: number,
  isOther: (info: Deno.FileInfo) => boolean,
): Look {
  const path = `/proc/${pid}/fd/${ENVELOPE_FD}`;
  const info = statOrNothing(path);
  if (info === undefined || Deno.build.os !== "linux") throw new NotInReach();
  if (isOther(info)) return NOTHING;
  const fd = openPath(libc, path, O_NONBLOCK);
  if (fd === -1) throw new NotInReach();
  try {
    if (info.isFile) {
      return {
        octets: readAt(libc, fd, findInput(pid, ENVELOPE_FD)),
        isAll: true,
      };
    }
    if (!info.isFifo) throw new NotInReach();
    const octets = teeFrom(libc, fd);
    return { octets, isAll: octets.length >= MAX_ENVELOPE_OCTETS };
  } finally {
    libc.here("closing").close(fd);
  }
}

function statOrNothing(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

/** What a pipe holds. */
function teeFrom(libc: Libc, fd: number): Uint8Array {
  const { pipe2, tee } = libc.here("looking");
  const { close } = libc.here("closing");
  const ends = new Int32Array(2);
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) !== 0) throw new NotInReach();
  const [output, input] = [ends[0]!, ends[1]!];
  try {
    const most = BigInt(MAX_ENVELOPE_OCTETS);
    tee(fd, input, most, SPLICE_F_NONBLOCK);
    return readOnce(libc, output);
  } finally {
    close(input);
    close(output);
  }
}

function readAt(libc: Libc, fd: number, input: Input | undefined): Uint8Array {
  if (input === undefined) throw new NotInReach();
  seek(libc, fd, input);
  return readOnce(libc, fd);
}

function seek(libc: Libc, fd: number, { offset }: Input): void {
  libc.here("seeking").lseek(fd, BigInt(offset), SEEK_SET);
}

/** Nothing for what cannot be read. */
function readOnce(libc: Libc, fd: number): Uint8Array {
  const octets = new Uint8Array(MAX_ENVELOPE_OCTETS);
  const { read } = libc.here("reading");
  const count = Number(read(fd, octets, BigInt(octets.length)));
  return octets.subarray(0, Math.max(0, count));
}

/** Opens a file for reading; -1 if that is not possible. */
function openPath(libc: Libc, path: string, flags = 0): number {
  const { open } = libc.here("opening");
  return open(cString(path), O_CLOEXEC | flags, 0);
}
