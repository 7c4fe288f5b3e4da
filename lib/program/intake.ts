// A message on its way from fd 0 through a pass into a finished file. Knows no envelope.

import { toOctets } from "../message/octets.ts";
import { SP, TAB } from "../message/stage.ts";
import type { Outcome, Pass } from "../pass/pass.ts";
import { EXIT, StepFailed } from "../qmail/exit_code.ts";
import { isMissing, readInput } from "../system/descriptors/fds.ts";
import type { Way } from "../system/process/handover.ts";

/** Keeps a first line that continues nothing from continuing the last field that we put on top. */
const ORPHAN = "X-Orphaned-Line:\n";

/** Takes one message in. */
export class Intake<File> {
  #spool: ReturnType<Way<File>["createSpool"]>;
  #pass: Pass;
  #isContinuation = false;

  constructor(spool: ReturnType<Way<File>["createSpool"]>, pass: Pass) {
    this.#spool = spool;
    this.#pass = pass;
  }

  /**
   * Reads fd 0 to its end.
   *
   * @throws {StepFailed} 54 when it can not be read, 53 when the message can not be kept.
   */
  async read(): Promise<void> {
    let length = 0;
    for await (const chunk of readInput()) {
      if (length === 0) {
        this.#isContinuation = chunk[0] === SP || chunk[0] === TAB;
      }
      length += chunk.length;
      const kept = this.#spool.append(this.#pass.filter?.(chunk) ?? chunk);
      this.#pass.push(chunk);
      await kept;
    }
    if (length === 0 && isMissing(0)) {
      throw new StepFailed(EXIT.read, "Descriptor 0 is closed");
    }
  }

  /**
   * Finishes the file.
   *
   * @param fromStart Nothing is before the message: for a reader who asks what size the file has.
   * @throws {StepFailed} 53 when it can not be written.
   */
  async seal(
    { newFields, remainder }: Outcome,
    fromStart = false,
  ): Promise<File> {
    if (remainder !== undefined) await this.#spool.append(remainder);
    const guard = this.#isContinuation && newFields !== "" ? ORPHAN : "";
    return await this.#spool.seal(toOctets(newFields + guard), fromStart);
  }
}
