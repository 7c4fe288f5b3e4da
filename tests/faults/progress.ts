// How far a load has come, so that faults come with the messages and not with the clock: a slow
// machine sees as many of them.

/** Counts messages, and wakes those who wait for some more. */
export class Progress<Message> {
  #waiting = new Set<{ left: number; counts: Counts<Message>; wake(): void }>();
  #hasEnded = false;

  /** Takes note of a message that is begun. */
  add(message: Message): void {
    for (const waiter of this.#waiting) {
      if (waiter.counts(message) && --waiter.left === 0) this.#wake(waiter);
    }
  }

  /** No more will come. */
  end(): void {
    this.#hasEnded = true;
    for (const waiter of this.#waiting) this.#wake(waiter);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Waits until so many more messages that count have begun, or no more will come. */
  more(left: number, counts: Counts<Message> = () => true): Promise<void> {
    if (this.#hasEnded) return Promise.resolve();
    return new Promise((wake) => this.#waiting.add({ left, counts, wake }));
  }

  #wake(waiter: { wake(): void }): void {
    this.#waiting.delete(waiter as never);
    waiter.wake();
  }
}

type Counts<Message> = (message: Message) => boolean;

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
