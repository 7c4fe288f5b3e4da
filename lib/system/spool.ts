// The message while it is not known yet what goes on top of it: in memory up to a limit, then in
// an unlinked file of TMPDIR, behind a gap for what goes on top. Knows no header.

import { EXIT, StepFailed } from "./exit_code.ts";
import { cString, errno, libc } from "./libc.ts";

/** A message of up to this many bytes is kept in memory. */
export const MEMORY_BYTES = 4 << 20;

/** Room at the start of the file for what goes on top of the message. */
const GAP_BYTES = 1 << 18;

const MFD_CLOEXEC = 1;
const SEEK_SET = 0;

/** Takes a message and turns it into a finished file. */
export class Spool {
  #folder: string;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #fd: number | undefined;

  /** @param folder Where a large message is kept. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Bytes of the message so far. */
  get length(): number {
    return this.#length;
  }

  /**
   * Takes the next bytes; the chunk is copied.
   *
   * @throws {StepFailed} 53 when they can not be written.
   */
  append(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (this.#fd !== undefined) return writeAll(this.#fd, chunk);
    this.#chunks.push(chunk.slice());
    if (this.#length > MEMORY_BYTES) this.#fd = this.#moveToFile();
  }

  /**
   * Finishes the file.
   *
   * @param prelude What goes on top of the message.
   * @returns A descriptor whose offset is at the prelude.
   * @throws {StepFailed} 53 when it can not be written.
   */
  seal(prelude: Uint8Array): number {
    if (this.#fd === undefined) {
      return finishedFile([prelude, ...this.#chunks], this.#folder);
    }
    if (prelude.length > GAP_BYTES) {
      throw new StepFailed(
        EXIT.bug,
        `No room for ${prelude.length} bytes of new header`,
      );
    }
    const start = GAP_BYTES - prelude.length;
    seek(this.#fd, start);
    writeAll(this.#fd, prelude);
    seek(this.#fd, start);
    return this.#fd;
  }

  #moveToFile(): number {
    const fd = openTemporaryFile(this.#folder);
    seek(fd, GAP_BYTES);
    for (const chunk of this.#chunks) writeAll(fd, chunk);
    this.#chunks = [];
    return fd;
  }
}

/**
 * A finished file with these bytes: in memory where the system has that, else in a folder.
 *
 * @returns A descriptor whose offset is at the start.
 * @throws {StepFailed} 53 when they can not be written.
 */
export function finishedFile(chunks: Uint8Array[], folder: string): number {
  const fd = Deno.build.os === "linux"
    ? libc("memoryFile").memfd_create(cString("dk"), MFD_CLOEXEC)
    : openTemporaryFile(folder);
  if (fd === -1) throw cannotWrite("a file in memory");
  for (const chunk of chunks) writeAll(fd, chunk);
  seek(fd, 0);
  return fd;
}

/** Opens a file of mode 0600 that has no name any more. */
function openTemporaryFile(folder: string): number {
  const { mkstemp, unlink } = libc("namedFile");
  const path = cString(`${folder}/dk.XXXXXX`);
  const fd = mkstemp(path);
  if (fd === -1) throw cannotWrite(`"${folder}"`);
  unlink(path);
  return fd;
}

function writeAll(fd: number, bytes: Uint8Array): void {
  const { write } = libc("writing");
  for (let at = 0; at < bytes.length;) {
    const rest = bytes.subarray(at) as Uint8Array<ArrayBuffer>;
    const count = Number(write(fd, rest, BigInt(rest.length)));
    if (count <= 0) throw cannotWrite("the message");
    at += count;
  }
}

function seek(fd: number, offset: number): void {
  if (libc("writing").lseek(fd, BigInt(offset), SEEK_SET) < 0) {
    throw cannotWrite("the message");
  }
}

function cannotWrite(what: string): StepFailed {
  return new StepFailed(EXIT.write, `Cannot write ${what}: errno ${errno()}`);
}
