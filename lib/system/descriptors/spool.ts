// Keeps a message until its new fields are known: in memory up to a size limit, then in an unlinked file
// of TMPDIR, after a gap for the new fields. Knows no header.

import { joinOctets } from "../../message/octets.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { readFd } from "./fds.ts";
import { cString, type Libc } from "../process/libc.ts";
import { O_CLOEXEC } from "../process/open_flags.ts";

/** A message of up to this many bytes is kept in memory. */
export const MEMORY_BYTES = 4 << 20;

/** The gap at the start of the file for the new fields. Longer ones take a second file. */
const GAP_BYTES = 1 << 18;

const MFD_CLOEXEC = 1;
const SEEK_SET = 0;
const O_RDWR = 2;
/** With O_DIRECTORY, whose number is another one on each machine. */
const O_TMPFILE = 0o20000000 |
  (Deno.build.arch === "aarch64" ? 0o40000 : 0o200000);

/** Takes a message and turns it into a finished file. */
export class Spool {
  /** Bytes of the message so far. */
  length = 0;
  #libc: Libc;
  #folder: string;
  #chunks: Uint8Array[] = [];
  #fd: number | undefined;

  /** @param folder Where a large message is kept. */
  constructor(libc: Libc, folder: string) {
    this.#libc = libc;
    this.#folder = folder;
  }

  /**
   * Takes the next bytes, which must not change until the promise settles.
   *
   * @throws {StepFailed} 53 when they cannot be written.
   */
  async append(chunk: Uint8Array): Promise<void> {
    const place = GAP_BYTES + this.length;
    this.length += chunk.length;
    if (this.#fd !== undefined) {
      await writeAll(this.#libc, this.#fd, chunk, place);
    } else {
      this.#chunks.push(chunk.slice());
      if (this.length > MEMORY_BYTES) await this.#moveToFile();
    }
  }

  /**
   * Finishes the file.
   *
   * @param newFields The fields that go on top of the message.
   * @param fromStart Leave no gap before them, for a reader that asks for the size of the file.
   * @returns A descriptor whose offset is at the new fields.
   * @throws {StepFailed} 53 when it cannot be written.
   */
  async seal(newFields: Uint8Array, fromStart = false): Promise<number> {
    if (this.#fd === undefined) {
      return await finishedFile(
        this.#libc,
        joinOctets([newFields, ...this.#chunks]),
        this.#folder,
      );
    }
    const start = GAP_BYTES - newFields.length;
    if (fromStart || start < 0) return await this.#copyAfter(newFields);
    await writeAll(this.#libc, this.#fd, newFields, start);
    await seek(this.#libc, this.#fd, start);
    return this.#fd;
  }

  /** Makes a second file, if the new fields do not fit into the gap, or if no gap is wanted. */
  async #copyAfter(newFields: Uint8Array): Promise<number> {
    const file = await openTemporaryFile(this.#libc, this.#folder);
    let place = await writeAll(this.#libc, file, newFields, 0);
    await seek(this.#libc, this.#fd!, GAP_BYTES);
    for await (const chunk of readFd(this.#libc, this.#fd!)) {
      place = await writeAll(this.#libc, file, chunk, place);
    }
    return file;
  }

  async #moveToFile(): Promise<void> {
    const fd = await openTemporaryFile(this.#libc, this.#folder);
    let place = GAP_BYTES;
    for (const chunk of this.#chunks) {
      place = await writeAll(this.#libc, fd, chunk, place);
    }
    this.#chunks = [];
    this.#fd = fd;
  }
}

/**
 * Makes a finished file of these bytes: in memory if the system can, else in a folder.
 *
 * @returns A descriptor whose offset is at the start.
 * @throws {StepFailed} 53 when they cannot be written.
 */
export async function finishedFile(
  libc: Libc,
  bytes: Uint8Array,
  folder: string,
): Promise<number> {
  if (Deno.build.os === "linux") return memoryFile(libc, bytes);
  const fd = await openTemporaryFile(libc, folder);
  await writeAll(libc, fd, bytes, 0);
  return fd;
}

/** Writes on this thread: a write to memory is quicker than a call of another thread. */
function memoryFile(libc: Libc, bytes: Uint8Array): number {
  const fd = libc.here("memoryFile").memfd_create(cString("dk"), MFD_CLOEXEC);
  if (fd === -1) throw unwritten(libc);
  const { pwrite } = libc.here("writing");
  let rest = bytes as Uint8Array<ArrayBuffer>;
  for (let place = 0; rest.length > 0;) {
    const count = pwrite(fd, rest, BigInt(rest.length), BigInt(place));
    if (count <= 0n) throw unwritten(libc);
    place += Number(count);
    rest = rest.subarray(Number(count));
  }
  return fd;
}

/** Opens a file of mode 0600 that has no name, and that the next program does not inherit. */
async function openTemporaryFile(
  libc: Libc,
  folder: string,
): Promise<number> {
  if (Deno.build.os === "linux") {
    const flags = O_TMPFILE | O_RDWR | O_CLOEXEC;
    const fd = await libc.elsewhere("namelessFile")
      .open(cString(folder), flags, 0o600);
    if (fd !== -1) return fd;
  }
  // Not every file system has files without a name. A kill between these two calls leaves a file:
  // both are made on this thread, with nothing awaited between.
  const { mkostemp, unlink } = libc.here("namedFile");
  const path = cString(`${folder}/dk.XXXXXX`);
  const fd = mkostemp(path, O_CLOEXEC);
  if (fd === -1) {
    throw new StepFailed(
      EXIT.write,
      `Cannot make a file in "${folder}": errno ${libc.errno()}`,
    );
  }
  unlink(path);
  return fd;
}

async function seek(libc: Libc, fd: number, place: number): Promise<void> {
  const reached = await libc.elsewhere("seeking")
    .lseek(fd, BigInt(place), SEEK_SET);
  if (Number(reached) !== place) {
    throw new StepFailed(EXIT.bug, "Cannot seek in a file of ours");
  }
}

/** Writes at a place, without moving the offset, and returns the place after it. */
async function writeAll(
  libc: Libc,
  fd: number,
  bytes: Uint8Array,
  place: number,
): Promise<number> {
  let rest = bytes as Uint8Array<ArrayBuffer>;
  while (rest.length > 0) {
    const args = [fd, rest, BigInt(rest.length), BigInt(place)] as const;
    let count = Number(await libc.elsewhere("writing").pwrite(...args));
    if (count <= 0) count = Number(libc.here("writing").pwrite(...args));
    if (count <= 0) throw unwritten(libc);
    place += count;
    rest = rest.subarray(count);
  }
  return place;
}

function unwritten(libc: Libc): StepFailed {
  return new StepFailed(
    EXIT.write,
    `Cannot write the message: errno ${libc.errno()}`,
  );
}
