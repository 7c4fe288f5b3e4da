// One slot of the folder: the files of one mail, and the FIFO for the reply to its launcher.

import { toOctets } from "../../message/octets.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { messageOf } from "../process/error_message.ts";
import type { Libc } from "../process/libc.ts";

/** The files of a launcher and those for it. The claim is removed last, which frees the slot. */
export const FILES = ["in", "out", "envelope", "env"] as const;

const CHUNK_BYTES = 1 << 18;

/** One of {@linkcode FILES}. */
export type SlotFile = typeof FILES[number];

/** A slot, which has one mail at a time. */
export class Slot {
  readonly number: number;
  #libc: Libc;
  #folder: string;
  #fd: number;

  /** @param fd The FIFO, which does not block. */
  constructor(libc: Libc, folder: string, number: number, fd: number) {
    this.#libc = libc;
    this.#folder = folder;
    this.#fd = fd;
    this.number = number;
  }

  path(file: SlotFile): string {
    return `${this.#folder}/${file}.${this.number}`;
  }

  /**
   * The first octets of the claim; `undefined` when there is none.
   *
   * @throws {Error} When one is there and cannot be read.
   */
  readClaim(mostOctets: number): Uint8Array | undefined {
    try {
      using file = this.#open("env");
      const octets = new Uint8Array(Math.min(file.statSync().size, mostOctets));
      return octets.subarray(0, file.readSync(octets) ?? 0);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Gives the age of the claim in seconds; `undefined` if there is none. */
  ageSeconds(): number | undefined {
    try {
      const { mtime } = Deno.lstatSync(this.path("env"));
      return (Date.now() - (mtime?.getTime() ?? 0)) / 1000;
    } catch {
      return undefined;
    }
  }

  /**
   * Reads the message, which must be a regular file, and lets other mails work between the chunks.
   *
   * @returns Chunks; each is only valid until the next one is asked for.
   */
  async *readMessage(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    using file = this.#open("in");
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      // A small read is done before another thread could be asked.
      const count = file.readSync(buffer);
      signal.throwIfAborted();
      if (count === null) return;
      yield buffer.subarray(0, count);
      if (count === CHUNK_BYTES) {
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
  }

  /** Notes how many programs of ours have had the message: the one that reads it looks there. */
  markMessage(programs: number): void {
    Deno.utimeSync(this.path("in"), programs, programs);
  }

  /** The envelope to its end; nothing where the launcher keeps it for the next program. */
  readEnvelope(): Uint8Array | undefined {
    try {
      return Deno.readFileSync(this.#regular("envelope"));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Writes to the launcher. */
  reply(text: string): void {
    const octets = toOctets(text);
    this.#libc.here("reporting").write(
      this.#fd,
      octets,
      BigInt(octets.length),
    );
  }

  /** Drops a reply that nobody has read. */
  drain(): void {
    const { read } = this.#libc.here("reading");
    const buffer = new Uint8Array(1 << 16);
    while (read(this.#fd, buffer, BigInt(buffer.length)) > 0n);
  }

  /**
   * Removes the files, which frees the slot: its next launcher must find no reply.
   *
   * @throws {StepFailed} 53 for one that cannot be removed.
   */
  free(): void {
    this.drain();
    for (const file of FILES) {
      try {
        Deno.removeSync(this.path(file));
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) continue;
        throw new StepFailed(
          EXIT.write,
          `Cannot free a slot: ${messageOf(error)}`,
        );
      }
    }
  }

  #open(file: SlotFile): Deno.FsFile {
    return Deno.openSync(this.#regular(file));
  }

  #regular(file: SlotFile): string {
    const path = this.path(file);
    const { isFile } = Deno.lstatSync(path);
    if (!isFile) throw new Error(`"${path}" is no file`);
    return path;
  }
}
