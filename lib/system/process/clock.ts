// The time, and waiting for it to pass, by the one clock of the runtime that loads nothing: setTimeout
// takes 7 ms of a start of 20 ms, AbortSignal.timeout() and its listener 0.6 ms.

export const DAY_SECONDS = 86_400;

/** The time in whole seconds since 1970. */
export function nowSeconds(): number {
  return Math.floor(nowMs() / 1000);
}

/** The time in milliseconds since 1970. */
export function nowMs(): number {
  return Date.now();
}

/** Seconds since some moment, by a clock that nobody sets. */
export function steadySeconds(): number {
  return performance.now() / 1000;
}

/** Settles when so many milliseconds have passed; a program that has nothing else to do ends before. */
export async function elapse(milliseconds: number): Promise<void> {
  const untouched = new Int32Array(new SharedArrayBuffer(4));
  await Atomics.waitAsync(untouched, 0, 0, milliseconds).value;
}
