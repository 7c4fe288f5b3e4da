// Finds in a log the lines that can be ours, by their octets: most of a log is of others, and is
// never decoded. Memory is bounded by the longest line that is looked at.

/** No line of ours is longer; of a longer one nothing is read. */
export const MAX_LINE = 65536;

/** How far from its start the name of a program is looked for. */
const MAX_PREFIX = 400;

/** So much is decoded at once: V8 frees longer texts late. */
const MAX_RUN = 4096;

const LF = 0x0a;
const COLON = 0x3a;
const SPACE = 0x20;
const HYPHEN = 0x2d;
/** How the names of our programs end: `qmail-dk`, `dk-sign`, `dk-verify`, `dk-remote`. */
const LAST_LETTERS = [..."knye"].map((letter) => letter.charCodeAt(0));

/** Takes a log in chunks; gives each line that can be ours. */
export class Candidates {
  #take: (line: string) => void;
  #decoder = new TextDecoder("latin1");
  #begun: Uint8Array[] = [];
  #begunLength = 0;
  #tooLong = 0;

  /** @param take Called with each line, without its end. */
  constructor(take: (line: string) => void) {
    this.#take = take;
  }

  /** Lines that were too long to be looked at. */
  get tooLong(): number {
    return this.#tooLong;
  }

  /** Takes the next octets; the chunk is only read during the call. */
  push(chunk: Uint8Array): void {
    let start = 0;
    // Lines that can be ours and stand together are decoded together: once a line costs a tenth more.
    let run = 0;
    for (;;) {
      const end = chunk.indexOf(LF, start);
      if (end === -1) break;
      if (this.#begunLength > 0) {
        this.#keep(chunk.subarray(start, end));
        this.end();
        run = end + 1;
      } else if (!this.#isCandidate(chunk, start, end)) {
        this.#takeAll(chunk, run, start);
        run = end + 1;
      } else if (end - run > MAX_RUN) {
        this.#takeAll(chunk, run, end + 1);
        run = end + 1;
      }
      start = end + 1;
    }
    this.#takeAll(chunk, run, start);
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** Takes the end of a file: its last line may have no end. */
  end(): void {
    if (this.#begunLength > MAX_LINE) {
      this.#tooLong++;
    } else if (this.#begunLength > 0) {
      const line = new Uint8Array(this.#begunLength);
      let at = 0;
      for (const run of this.#begun) {
        line.set(run, at);
        at += run.length;
      }
      if (this.#isCandidate(line, 0, line.length)) {
        this.#take(this.#decoder.decode(line));
      }
    }
    this.#begun = [];
    this.#begunLength = 0;
  }

  #keep(run: Uint8Array): void {
    this.#begunLength += run.length;
    if (this.#begunLength > MAX_LINE) this.#begun = [];
    else this.#begun.push(run.slice());
  }

  #isCandidate(octets: Uint8Array, start: number, end: number): boolean {
    if (end - start > MAX_LINE) {
      this.#tooLong++;
      return false;
    }
    return mayBeOurs(octets, start, end);
  }

  /** Lines, each with its end. */
  #takeAll(octets: Uint8Array, start: number, end: number): void {
    if (start === end) return;
    const text = this.#decoder.decode(octets.subarray(start, end));
    for (let at = 0; at < text.length;) {
      const lineEnd = text.indexOf("\n", at);
      this.#take(text.slice(at, lineEnd));
      at = lineEnd + 1;
    }
  }
}

/** A word that ends as ours do, with a hyphen in it, a colon and a space. */
function mayBeOurs(octets: Uint8Array, start: number, end: number): boolean {
  const last = Math.min(end - 1, start + MAX_PREFIX);
  for (let at = start + 7; at < last; at++) {
    if (
      octets[at] === COLON && octets[at + 1] === SPACE &&
      LAST_LETTERS.includes(octets[at - 1]!) &&
      (octets[at - 3] === HYPHEN || octets[at - 5] === HYPHEN ||
        octets[at - 7] === HYPHEN)
    ) return true;
  }
  return false;
}
