// Line ends: after this stage LF alone ends a line and every CR is data. A CR right before an LF is
// part of that line end. An unterminated last line gets its LF, as qmail-remote sends it. Knows
// neither header nor body.

import { CR, LF, type Sink, type Stage } from "./stage.ts";

const ONE_CR = Uint8Array.of(CR);
const ONE_LF = Uint8Array.of(LF);

/** Turns LF and CRLF line ends into LF, and counts the CRs that are neither. */
export class LineEnds implements Stage {
  /** CRs seen that end no line. Some versions of qmail-remote change them, which breaks signatures. */
  bareCrs = 0;
  #sink: Sink;
  #heldCr = false;
  #lineOpen = false;
  #buffer = new Uint8Array(0);

  /**
   * Writes to the next stage.
   *
   * @param sink Takes the octets, LF at the end of each line.
   */
  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Takes the next octets. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.#heldCr && chunk[0] !== LF) this.#releaseCr();
    this.#heldCr = chunk[chunk.length - 1] === CR;
    const taken = this.#heldCr ? chunk.subarray(0, -1) : chunk;
    if (taken.length === 0) return;
    this.#lineOpen = taken[taken.length - 1] !== LF;
    // Most mail in a qmail pipe has no CR at all, and goes through uncopied.
    this.#sink(taken.includes(CR) ? this.#withoutLineEndCrs(taken) : taken);
  }

  /** Takes the end of the octets, and ends the last line. */
  end(): void {
    if (this.#heldCr) this.#releaseCr();
    if (this.#lineOpen) this.#sink(ONE_LF);
  }

  #releaseCr(): void {
    this.bareCrs++;
    this.#heldCr = false;
    this.#lineOpen = true;
    this.#sink(ONE_CR);
  }

  #withoutLineEndCrs(chunk: Uint8Array): Uint8Array {
    if (this.#buffer.length < chunk.length) {
      this.#buffer = new Uint8Array(chunk.length);
    }
    const out = this.#buffer;
    let length = 0;
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at]!;
      if (octet === CR) {
        if (chunk[at + 1] === LF) continue;
        this.bareCrs++;
      }
      out[length++] = octet;
    }
    return out.subarray(0, length);
  }
}
