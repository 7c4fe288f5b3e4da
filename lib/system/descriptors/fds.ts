// Reads the descriptors of the caller, by their numbers and from their offsets. Waits for a slow writer,
// and does not change O_NONBLOCK. Knows no message.

import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { readDescriptorInfo } from "../process/descriptor_info.ts";
import type { Libc } from "../process/libc.ts";
import { O_NONBLOCK } from "../process/open_flags.ts";

const CHUNK_BYTES = 1 << 18;

const POLLIN = 1;
const EINTR = 4;
const EAGAIN = Deno.build.os === "linux" ? 11 : 35;
const F_GETFL = 3;
const O_ACCMODE = 3;
const O_RDWR = 2;

/**
 * Reads a descriptor to its end.
 *
 * @returns Chunks; each is only valid until the next one is asked for.
 * @throws {StepFailed} 54 for a read error.
 */
export async function* readFd(
  libc: Libc,
  fd: number,
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (;;) {
    const count = await readNumbered(libc, fd, buffer);
    if (count === 0) return;
    yield buffer.subarray(0, count);
  }
}

/**
 * Reads fd 0 to its end, on another thread and one chunk ahead.
 *
 * @returns Chunks; each is only valid until the next one is asked for.
 * @throws {StepFailed} 54 for a read error.
 */
export async function* readInput(
  libc: Libc | undefined,
): AsyncGenerator<Uint8Array> {
  let [buffer, spare] = [
    new Uint8Array(CHUNK_BYTES),
    new Uint8Array(CHUNK_BYTES),
  ];
  const read = libc !== undefined && isNonblocking(0)
    ? (buffer: Uint8Array<ArrayBuffer>) => readNumbered(libc, 0, buffer)
    : (buffer: Uint8Array<ArrayBuffer>) => readSome(libc, buffer);
  let reading = read(buffer);
  for (;;) {
    const count = await reading;
    if (count === 0) return;
    [buffer, spare] = [spare, buffer];
    reading = read(buffer);
    // It is awaited below. Until then a failure must not count as an unhandled rejection.
    reading.catch(() => {});
    yield spare.subarray(0, count);
  }
}

/** Reads fd 0 by the runtime, so that FFI need not be loaded yet. */
async function readSome(
  libc: Libc | undefined,
  buffer: Uint8Array<ArrayBuffer>,
): Promise<number> {
  try {
    return await Deno.stdin.read(buffer) ?? 0;
  } catch (error) {
    // On systems other than Linux, O_NONBLOCK may be set and nothing be there yet: errno tells.
    if (libc !== undefined) return await readNumbered(libc, 0, buffer);
    throw new StepFailed(EXIT.read, `Cannot read descriptor 0: ${error}`);
  }
}

/** Tells whether O_NONBLOCK is set. With it the runtime would poll without a pause. */
function isNonblocking(fd: number): boolean {
  try {
    return (readDescriptorInfo("self", fd).flags & O_NONBLOCK) !== 0;
  } catch {
    // No /proc.
    return false;
  }
}

async function readNumbered(
  libc: Libc,
  fd: number,
  buffer: Uint8Array<ArrayBuffer>,
): Promise<number> {
  const size = BigInt(buffer.length);
  for (;;) {
    const count = Number(
      await libc.elsewhere("reading").read(fd, buffer, size),
    );
    if (count >= 0) return count;
    const again = Number(libc.here("reading").read(fd, buffer, size));
    if (again >= 0) return again;
    const number = libc.errno();
    if (number === EAGAIN) {
      // struct pollfd: int fd, short events, short revents.
      await libc.elsewhere("waiting").poll(Int32Array.of(fd, POLLIN), 1n, -1);
    } else if (number !== EINTR) {
      throw new StepFailed(
        EXIT.read,
        `Cannot read descriptor ${fd}: errno ${number}`,
      );
    }
  }
}

/**
 * Reads the rest of fd 0 and drops it. A caller like mailfront would wait for ever if nobody read its
 * pipe.
 *
 * @throws {StepFailed} 54 for a read error.
 */
export async function drainInput(libc: Libc | undefined): Promise<void> {
  const { isFifo, isSocket } = await Deno.stat("/dev/fd/0");
  if (!isFifo && !isSocket) return;
  const read = libc === undefined
    ? (buffer: Uint8Array<ArrayBuffer>) => readSome(libc, buffer)
    : (buffer: Uint8Array<ArrayBuffer>) => readNumbered(libc, 0, buffer);
  const buffer = new Uint8Array(CHUNK_BYTES);
  while (await read(buffer) > 0);
}

/**
 * Tells whether the caller has closed a descriptor. The runtime replaces it by /dev/null, open for
 * reading and writing, which no caller does.
 */
export function isMissing(libc: Libc | undefined, fd: number): boolean {
  // Nothing came, and without FFI the reason is unknown: the mail has to come again.
  if (libc === undefined) return true;
  const flags = libc.here("access").fcntl(fd, F_GETFL);
  if ((flags & O_ACCMODE) !== O_RDWR) return false;
  const given = Deno.statSync(`/dev/fd/${fd}`);
  return given.isCharDevice === true &&
    given.rdev === Deno.statSync("/dev/null").rdev;
}
