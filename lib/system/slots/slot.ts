// One slot of the folder: the files of one mail, and the FIFO for the reply to its launcher.

import { toOctets } from "../../message/octets.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { findMessage, type Input } from "../process/inputs.ts";
import { cString, type Libc } from "../process/libc.ts";
import { isMissing } from "./missing.ts";
import { openCopy, openMessage, peekEnvelope } from "./launcher_files.ts";

/** The files of a launcher and those for it. The claim is removed last, which frees the slot. */
export const FILES = ["in", "out", "envelope", "env"] as const;

const CHUNK_BYTES = 1 << 18;

/** Most mails are smaller, and memory has to be cleared. */
const FIRST_CHUNK_BYTES = 1 << 14;

/** One of {@linkcode FILES}. */
export type SlotFile = typeof FILES[number];

/** A slot, which has one mail at a time. */
export class Slot {
  readonly number: number;
  #libc: Libc;
  #folder: string;
  #fd: number;
  #isRequest: (info: Deno.FileInfo) => boolean;
  #message: { fd: number; isCopy: boolean } | undefined;

  /**
   * @param fd The FIFO, which does not block.
   * @param isRequest Tells the FIFO of all slots from others.
   */
  constructor(
    libc: Libc,
    folder: string,
    number: number,
    fd: number,
    isRequest: (info: Deno.FileInfo) => boolean,
  ) {
    this.#libc = libc;
    this.#folder = folder;
    this.#fd = fd;
    this.#isRequest = isRequest;
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
    const path = this.#lookAt("env");
    if (path === undefined) return undefined;
    using file = Deno.openSync(path);
    const octets = new Uint8Array(Math.min(file.statSync().size, mostOctets));
    return octets.subarray(0, file.readSync(octets) ?? 0);
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
   * Opens the message: the launcher's copy, which must be a regular file, or what it has as its fd 0.
   *
   * @param pid The launcher's.
   * @param program Its name.
   * @returns That file, if it is no copy.
   * @throws {NotInReach} If the launcher is to copy it.
   * @throws {StepFailed} 54 for a copy that is no file.
   */
  openMessage(pid: number, program: string): Input | undefined {
    this.#closeMessage();
    const copy = openCopy(this.#libc, this.path("in"));
    const found = copy === undefined ? findMessage(pid, program) : undefined;
    this.#message = copy === undefined
      ? { fd: openMessage(this.#libc, found), isCopy: false }
      : { fd: copy, isCopy: true };
    return found;
  }

  /** The descriptor here of a message that is no copy. */
  get messageFd(): number | undefined {
    return this.#message?.isCopy === false ? this.#message.fd : undefined;
  }

  /**
   * Reads the message, and lets other mails work between the chunks.
   *
   * @returns Chunks; each is only valid until the next one is asked for.
   * @throws {StepFailed} 54 if it cannot be read.
   */
  async *readMessage(signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { read } = this.#libc.here("reading");
    const { fd } = this.#message!;
    let buffer = new Uint8Array(FIRST_CHUNK_BYTES);
    for (;;) {
      // The descriptor may be another mail's file by then.
      signal.throwIfAborted();
      // A small read is done before another thread could be asked.
      const count = Number(read(fd, buffer, BigInt(buffer.length)));
      if (count < 0) throw new StepFailed(EXIT.read, "Cannot read the message");
      if (count === 0) return;
      yield buffer.subarray(0, count);
      // setTimeout() would take a millisecond.
      if (count === CHUNK_BYTES) await new Promise(setImmediate);
      if (count === FIRST_CHUNK_BYTES) buffer = new Uint8Array(CHUNK_BYTES);
    }
  }

  /** Notes in a copy how many programs of ours have had the message: the one that reads it looks there. */
  markCopy(programs: number): void {
    const copy = this.#lookAt("in");
    if (copy !== undefined) Deno.utimeSync(copy, programs, programs);
  }

  /**
   * Reads the envelope: the launcher's copy, or what it has as its fd 1.
   *
   * @param pid The launcher's.
   * @param parse Throws a `StepFailed` of 54 for the beginning of an envelope.
   * @throws {NotInReach} If the launcher is to copy it.
   */
  async readEnvelope<T>(
    pid: number,
    parse: (octets: Uint8Array) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    return this.#lookAt("envelope") === undefined
      ? await peekEnvelope(this.#libc, pid, this.#isRequest, parse, signal)
      : await parse(Deno.readFileSync(this.path("envelope")));
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
    const buffer = new Uint8Array(4096);
    while (read(this.#fd, buffer, BigInt(buffer.length)) > 0n);
  }

  /**
   * Removes the files, which frees the slot: its next launcher must find no reply.
   *
   * @throws {StepFailed} 53 for one that cannot be removed.
   */
  free(): void {
    this.#closeMessage();
    this.drain();
    const { unlink } = this.#libc.here("removing");
    for (const file of FILES) {
      const path = this.path(file);
      if (unlink(cString(path)) === 0) continue;
      if (isMissing(this.#libc, path)) continue;
      throw new StepFailed(EXIT.write, `Cannot free a slot: "${path}" stays`);
    }
  }

  #closeMessage(): void {
    if (this.#message === undefined) return;
    this.#libc.here("closing").close(this.#message.fd);
    this.#message = undefined;
  }

  /**
   * The path of a regular file; `undefined` if there is none.
   *
   * @throws {Error} For what is there and no file.
   */
  #lookAt(file: SlotFile): string | undefined {
    const path = this.path(file);
    try {
      if (Deno.lstatSync(path).isFile) return path;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
    throw new Error(`"${path}" is no file`);
  }
}
