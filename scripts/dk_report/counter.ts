// Counts by name, of the most frequent names when there are too many: senders choose some of them,
// and could choose millions.

/** More names than this are not held. */
export const MAX_NAMES = 10_000;

/** Counts by name. */
export class Counter<Value> {
  #values = new Map<string, Value>();
  #create: () => Value;
  #countOf: (value: Value) => number;
  #isCut = false;

  /** @param countOf By what a name is more frequent than another. */
  constructor(create: () => Value, countOf: (value: Value) => number) {
    this.#create = create;
    this.#countOf = countOf;
  }

  /** Rare names were dropped: what is counted of a name that is there can be too low. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** What is counted for a name, to be changed. */
  at(name: string): Value {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    if (this.#values.size >= MAX_NAMES) this.#cut();
    const value = this.#create();
    // A copy: a slice would hold the whole line that it was cut from.
    this.#values.set(copyOf(name), value);
    return value;
  }

  /** The most frequent first, of equals by name. */
  sorted(): [string, Value][] {
    return [...this.#values].toSorted(([a, one], [b, other]) =>
      this.#countOf(other) - this.#countOf(one) || (a < b ? -1 : 1)
    );
  }

  /** Drops half of the names: the rarest, and of equals the last. */
  #cut(): void {
    this.#isCut = true;
    const counts = Float64Array.from(this.#values.values(), this.#countOf);
    const limit = counts.sort().at(-MAX_NAMES / 2)!;
    let equals = MAX_NAMES / 2 - counts.filter((count) => count > limit).length;
    for (const [name, value] of this.#values) {
      const count = this.#countOf(value);
      if (count < limit || count === limit && equals-- <= 0) {
        this.#values.delete(name);
      }
    }
  }
}

/** Counts alone. */
export class NameCounter extends Counter<{ count: number }> {
  constructor() {
    super(() => ({ count: 0 }), ({ count }) => count);
  }

  /** Counts a name once. */
  add(name: string): void {
    this.at(name).count++;
  }

  /** The most frequent first. */
  counts(): [string, number][] {
    return this.sorted().map(([name, { count }]) => [name, count]);
  }
}

/** The same text with memory of its own. */
export function copyOf(text: string): string {
  return JSON.parse(JSON.stringify(text));
}
