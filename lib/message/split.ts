// Header and body (RFC 5322 section 2.1), split at the first empty line. Without one everything is
// header and the body is empty. Takes LF line ends. Knows nothing of fields.

import { toText } from "./octets.ts";
import { LF, type Sink, type Stage } from "./stage.ts";

/** A longer header is not read, so that no sender decides how much memory a message takes. */
export const HEADER_LIMIT_BYTES = 1 << 20;

/**
 * Takes the header, each line with its LF, without the empty line that ends it. A header over
 * {@linkcode HEADER_LIMIT_BYTES} comes as `undefined`.
 */
export type HeaderSink = (header: string | undefined) => void;

/** Collects the header and hands it over when it has ended, then passes the body on. */
export class Split implements Stage {
  #onHeader: HeaderSink;
  #onBody: Sink;
  #inBody = false;
  #header = new Uint8Array(16 * 1024);
  #length = 0;
  #lineStart = 0;

  /**
   * @param onHeader Called once, when the header has ended.
   * @param onBody Takes what follows the empty line.
   */
  constructor(onHeader: HeaderSink, onBody: Sink) {
    this.#onHeader = onHeader;
    this.#onBody = onBody;
  }

  push(chunk: Uint8Array): void {
    if (this.#inBody) return this.#onBody(chunk);
    const base = this.#length;
    let end = chunk.indexOf(LF);
    // An empty line: its LF stands where the line starts.
    while (end !== -1 && base + end !== this.#lineStart) {
      this.#lineStart = base + end + 1;
      end = chunk.indexOf(LF, end + 1);
    }
    this.#keep(end === -1 ? chunk : chunk.subarray(0, end));
    if (end === -1) return;
    this.#close();
    if (end + 1 < chunk.length) this.#onBody(chunk.subarray(end + 1));
  }

  end(): void {
    if (!this.#inBody) this.#close();
  }

  #close(): void {
    this.#inBody = true;
    const tooLong = this.#length > HEADER_LIMIT_BYTES;
    this.#onHeader(
      tooLong ? undefined : toText(this.#header.subarray(0, this.#length)),
    );
    this.#header = new Uint8Array(0);
  }

  /** Stores octets while the header is within its size limit, and only counts them after that. */
  #keep(run: Uint8Array): void {
    const length = this.#length + run.length;
    if (length <= HEADER_LIMIT_BYTES) {
      if (length > this.#header.length) {
        const larger = new Uint8Array(Math.min(HEADER_LIMIT_BYTES, 2 * length));
        larger.set(this.#header.subarray(0, this.#length));
        this.#header = larger;
      }
      this.#header.set(run, this.#length);
    }
    this.#length = length;
  }
}
