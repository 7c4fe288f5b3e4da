// A header that is held back while it passes by, since its fields may change when the body has ended.

import { toText } from "../message/octets.ts";
import { HEADER_LIMIT_BYTES } from "../message/split.ts";
import { SP, TAB } from "../message/stage.ts";

/** Holds the header of one message. */
export class HeldHeader {
  #text = "";
  #isOver = false;

  /** What has been held back so far: an octet string, with the empty line after the header. */
  get text(): string {
    return this.#text;
  }

  /** @returns What goes on of the next octets: of the header nothing, unless it is too long. */
  take(chunk: Uint8Array): Uint8Array {
    // What goes on top would continue such a line: the header stays where it is.
    if (this.#text === "" && (chunk[0] === SP || chunk[0] === TAB)) {
      this.#isOver = true;
    }
    if (this.#isOver) return chunk;
    const before = this.#text.length;
    this.#text += toText(chunk);
    // The end may have begun in the chunk before.
    const length = findEnd(this.#text, Math.max(0, before - 2));
    if (length === undefined) {
      this.#isOver = this.#text.length > HEADER_LIMIT_BYTES;
      return new Uint8Array();
    }
    this.#text = this.#text.slice(0, length);
    this.#isOver = true;
    return chunk.subarray(length - before);
  }
}

/** Where an empty line ends that comes after `from`, or that the text begins with. */
function findEnd(text: string, from: number): number | undefined {
  const pattern = from === 0 ? /(?:^|\n)\r?\n/g : /\n\r?\n/g;
  pattern.lastIndex = from;
  return pattern.exec(text) === null ? undefined : pattern.lastIndex;
}
