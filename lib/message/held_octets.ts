// The octets that a stage cannot hand on yet, and the next chunk after them, in one buffer. Knows
// nothing of what they mean.

/** Keeps octets from one chunk to the next. */
export class HeldOctets {
  #buffer = new Uint8Array(0);
  #length = 0;
  /** The buffer is the chunk itself, which belongs to the sender and is not written to. */
  #isBorrowed = false;

  get length(): number {
    return this.#length;
  }

  /** The kept octets and the last chunk after them. */
  get octets(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Finds the next occurrence of an octet; the length if there is none. */
  find(octet: number, start: number): number {
    const at = this.octets.indexOf(octet, start);
    return at === -1 ? this.#length : at;
  }

  /** @returns Where the chunk begins. */
  append(chunk: Uint8Array): number {
    const kept = this.#length;
    this.#length += chunk.length;
    if (kept === 0) {
      this.#buffer = chunk as Uint8Array<ArrayBuffer>;
      this.#isBorrowed = true;
      return 0;
    }
    if (this.#length > this.#buffer.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#buffer.subarray(0, kept));
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, kept);
    return kept;
  }

  /** Drops everything before a place. Views of the dropped octets stay valid. */
  keepFrom(start: number): void {
    if (start === 0 && !this.#isBorrowed) return;
    this.#buffer = this.#buffer.slice(start, this.#length);
    this.#length -= start;
    this.#isBorrowed = false;
  }
}
