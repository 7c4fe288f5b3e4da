// Takes one message through a pass: octets in, an answer out. Knows no descriptor and no environment,
// and a process can have many at once.

import { toOctets } from "../message/octets.ts";
import { SP, TAB } from "../message/stage.ts";
import type { Note, Outcome, Pass, Refusal } from "../pass/pass.ts";
import type { MessageSpool } from "../system/process/handover.ts";

/** Stands between our fields and a message that begins with white space, which would continue them. */
const ORPHAN = "X-Orphaned-Line:\n";

/** The result for a message: a finished file, or a refusal. */
export type Answer<File> =
  & Pick<Outcome, "action" | "notes">
  & (
    | { file: File; refusal?: never }
    | { refusal: Refusal }
  );

/** One message. */
export class Job<File> {
  #spool: MessageSpool<File>;
  #pass: Pass;
  #isContinuation = false;
  #length = 0;

  constructor(spool: MessageSpool<File>, pass: Pass) {
    this.#spool = spool;
    this.#pass = pass;
  }

  /**
   * Reads the message to its end.
   *
   * @param chunks Each is only valid until the next one is asked for.
   * @returns How many octets it has.
   * @throws {StepFailed} 54 when it cannot be read, 53 when it cannot be kept.
   */
  async read(chunks: AsyncIterable<Uint8Array>): Promise<number> {
    for await (const chunk of chunks) {
      if (this.#length === 0) {
        this.#isContinuation = chunk[0] === SP || chunk[0] === TAB;
      }
      this.#length += chunk.length;
      const kept = this.#spool.append(this.#pass.filter?.(chunk) ?? chunk);
      this.#pass.push(chunk);
      await kept;
    }
    return this.#length;
  }

  /**
   * Ends the pass, and finishes the file of a message that goes on.
   *
   * @param sender The sender of the envelope, when it is known.
   * @param fromStart Leave no gap before the message, for a reader that asks for the size of the file.
   * @throws {StepFailed} 53 when it cannot be written.
   */
  async end(
    sender: Promise<string>,
    fromStart = false,
  ): Promise<Answer<File>> {
    const { newFields, remainder, action, refusal, ...outcome } = await this
      .#pass.end(sender);
    const notes: Note[] = [...outcome.notes, ["bytes", this.#length]];
    if (refusal !== undefined) return { action, notes, refusal };
    if (remainder !== undefined) await this.#spool.append(remainder);
    const guard = this.#isContinuation && newFields !== "" ? ORPHAN : "";
    const onTop = toOctets(newFields + guard);
    return { action, notes, file: await this.#spool.seal(onTop, fromStart) };
  }
}
