// Reading the descriptors that the caller gave, by number and at the offset they have.
// Waits for a slow writer and leaves its O_NONBLOCK as it is. Knows no message.

import { EXIT, StepFailed } from "./exit_code.ts";
import { errno, libc } from "./libc.ts";

const CHUNK_BYTES = 1 << 18;
/** Reads between two turns of the event loop, so that DNS is answered while a large file is read. */
const READS_A_TURN = 16;

const POLLIN = 1;
const EINTR = 4;
const EAGAIN = Deno.build.os === "linux" ? 11 : 35;
const F_GETFL = 3;
const O_ACCMODE = 3;
const O_RDWR = 2;

/** The moment at which a program gives up. */
export class Deadline {
  #at: number;
  #seconds: number;

  /** @param seconds From now. */
  constructor(seconds: number) {
    this.#at = performance.now() + 1000 * seconds;
    this.#seconds = seconds;
  }

  /**
   * Milliseconds that are left, as poll(2) takes them.
   *
   * @throws {StepFailed} 52 when there are none.
   */
  remainingMs(): number {
    const left = Math.ceil(this.#at - performance.now());
    if (left <= 0) {
      throw new StepFailed(
        EXIT.timeLimit,
        `Not done after ${this.#seconds} seconds`,
      );
    }
    return Math.min(left, 0x7fffffff);
  }
}

/**
 * Reads a descriptor to its end.
 *
 * @returns Chunks; each is only valid until the next one is asked for.
 * @throws {StepFailed} 54 for a read error, 52 at the deadline.
 */
export async function* readFd(
  fd: number,
  deadline: Deadline,
): AsyncGenerator<Uint8Array> {
  const { read } = libc("reading");
  const buffer = new Uint8Array(CHUNK_BYTES);
  for (let reads = 1;; reads++) {
    await waitFor(fd, deadline, reads % READS_A_TURN === 0);
    const count = Number(read(fd, buffer, BigInt(buffer.length)));
    if (count === 0) return;
    if (count > 0) {
      yield buffer.subarray(0, count);
      continue;
    }
    const number = errno();
    if (number !== EINTR && number !== EAGAIN) {
      throw new StepFailed(
        EXIT.read,
        `Cannot read descriptor ${fd}: errno ${number}`,
      );
    }
  }
}

/** Waits until there is something to read; on another thread, unless it is there already. */
async function waitFor(
  fd: number,
  deadline: Deadline,
  isTurn: boolean,
): Promise<void> {
  const left = deadline.remainingMs();
  // struct pollfd: int fd, short events, short revents.
  const pollfd = new Int32Array([fd, POLLIN]);
  if (!isTurn && libc("reading").poll(pollfd, 1n, 0) > 0) return;
  await libc("waiting").poll(pollfd, 1n, isTurn ? 0 : left);
}

/**
 * Tells whether the caller gave no such descriptor: the runtime has put /dev/null in its place,
 * open for reading and writing, which no caller would do.
 */
export function isMissing(fd: number): boolean {
  const flags = libc("access").fcntl(fd, F_GETFL);
  if ((flags & O_ACCMODE) !== O_RDWR) return false;
  const given = Deno.statSync(`/dev/fd/${fd}`);
  return given.isCharDevice === true &&
    given.rdev === Deno.statSync("/dev/null").rdev;
}
