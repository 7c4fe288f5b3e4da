// Writes the finished file of a slot: the new fields, then the message. Does not keep a large message in
// memory.

import { joinOctets } from "../../message/octets.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { MEMORY_BYTES } from "../descriptors/spool.ts";
import { messageOf } from "../process/error_message.ts";
import type { MessageSpool } from "../process/handover.ts";
import type { Slot } from "./slot.ts";

/** Keeps one message of a slot. */
export class SlotSpool implements MessageSpool<void>, Disposable {
  #slot: Slot;
  #mark: number;
  #signal: AbortSignal;
  #chunks: Uint8Array[] = [];
  #length = 0;
  #body: Deno.FsFile | undefined;

  /**
   * @param mark How many programs of ours have had the message, with this one.
   * @param signal Aborted once the slot may be another mail's: nothing is written to it after that.
   */
  constructor(slot: Slot, mark: number, signal: AbortSignal) {
    this.#slot = slot;
    this.#mark = mark;
    this.#signal = signal;
  }

  async append(chunk: Uint8Array): Promise<void> {
    this.#signal.throwIfAborted();
    this.#length += chunk.length;
    this.#chunks.push(chunk.slice());
    if (this.#length > MEMORY_BYTES) await this.#toFile();
  }

  async seal(newFields: Uint8Array): Promise<void> {
    const path = this.#slot.path("out");
    this.#signal.throwIfAborted();
    try {
      if (this.#body === undefined) {
        Deno.writeFileSync(path, joinOctets([newFields, ...this.#chunks]), {
          mode: 0o600,
        });
      } else await this.#joinFiles(path, newFields);
      this.#signal.throwIfAborted();
      Deno.utimeSync(path, this.#mark, this.#mark);
    } catch (error) {
      throw unwritten(error);
    }
  }

  [Symbol.dispose](): void {
    this.#body?.close();
  }

  async #toFile(): Promise<void> {
    try {
      this.#body ??= openNameless(this.#slot.path("out"));
      await writeAll(this.#body, joinOctets(this.#chunks));
      this.#chunks = [];
    } catch (error) {
      throw unwritten(error);
    }
  }

  async #joinFiles(path: string, newFields: Uint8Array): Promise<void> {
    await this.#toFile();
    const body = this.#body!;
    await body.seek(0, Deno.SeekMode.Start);
    this.#signal.throwIfAborted();
    // It is opened at once: this is the mail's file, even if its name is another mail's later.
    using out = Deno.openSync(path, {
      write: true,
      create: true,
      truncate: true,
      mode: 0o600,
    });
    await writeAll(out, newFields);
    const buffer = new Uint8Array(1 << 20);
    for (;;) {
      const count = await body.read(buffer);
      if (count === null) return;
      await writeAll(out, buffer.subarray(0, count));
    }
  }
}

async function writeAll(file: Deno.FsFile, octets: Uint8Array): Promise<void> {
  for (let rest = octets; rest.length > 0;) {
    rest = rest.subarray(await file.write(rest));
  }
}

/** Makes a file without a name, which is gone once it is closed. */
function openNameless(path: string): Deno.FsFile {
  const file = Deno.openSync(path, {
    read: true,
    write: true,
    createNew: true,
    mode: 0o600,
  });
  Deno.removeSync(path);
  return file;
}

function unwritten(error: unknown): StepFailed {
  return new StepFailed(
    EXIT.write,
    `Cannot write the message: ${messageOf(error)}`,
  );
}
