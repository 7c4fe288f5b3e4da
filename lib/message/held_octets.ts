// What a stage cannot hand on yet, with the chunk that follows it, in one piece. Knows why neither.

/** Octets whose beginning is kept from chunk to chunk. */
export class HeldOctets {
  #buffer = new Uint8Array(0);
  #length = 0;
  /** The buffer is a chunk, which belongs to its sender. */
  #isBorrowed = false;

  get length(): number {
    return this.#length;
  }

  /** What is kept, and the last chunk after it. */
  get octets(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Where an octet is next; the length where it is nowhere. */
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

  /** Keeps what is from a place on. What was before it is not written to again. */
  keepFrom(start: number): void {
    if (start === 0 && !this.#isBorrowed) return;
    this.#buffer = this.#buffer.slice(start, this.#length);
    this.#length -= start;
    this.#isBorrowed = false;
  }
}
