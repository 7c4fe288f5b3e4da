// How far the reading has come, on a terminal, when it takes longer than a second. One line, which
// is gone at the end.

const DELAY_MS = 1000;
const STEP_MS = 200;

/** Says how much was read. */
export class Progress implements Disposable {
  #write: ((text: string) => void) | undefined;
  #now: () => number;
  #total: number | undefined;
  #next: number;
  #read = 0;
  #isShown = false;

  /**
   * @param write Writes to the terminal; `undefined` where there is none.
   * @param total How many octets there are, where that is known.
   * @param now Milliseconds.
   */
  constructor(
    write: ((text: string) => void) | undefined,
    total: number | undefined,
    now: () => number = () => performance.now(),
  ) {
    this.#write = write;
    this.#total = total;
    this.#now = now;
    this.#next = now() + DELAY_MS;
  }

  /** So many more octets were read. */
  add(count: number): void {
    this.#read += count;
    if (this.#write === undefined) return;
    const now = this.#now();
    if (now < this.#next) return;
    this.#next = now + STEP_MS;
    this.#isShown = true;
    const percent = this.#total === undefined || this.#total < this.#read
      ? ""
      : ` of ${megabytes(this.#total)}, ${
        Math.floor(100 * this.#read / this.#total)
      }%`;
    this.#write(`\r\x1b[Kdk-report: read ${megabytes(this.#read)}${percent}`);
  }

  /** Takes the line away. */
  [Symbol.dispose](): void {
    if (this.#isShown) this.#write?.("\r\x1b[K");
  }
}

function megabytes(octets: number): string {
  return `${Math.round(octets / 1e6)} MB`;
}
