// The shape of everything that a message streams through.

/** Takes a run of octets. The run is only valid during the call: its buffer is used again. */
export type Sink = (run: Uint8Array) => void;

/** A step that keeps state between chunks. Any split of the same octets gives the same output. */
export interface Stage {
  /** Takes the next octets. */
  push(chunk: Uint8Array): void;
  /** Takes the end of the octets. To be called once. */
  end(): void;
}

export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SP = 32;
