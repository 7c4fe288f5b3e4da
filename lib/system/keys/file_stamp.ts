// Tells whether a file may be another than it was, for a process that keeps what it has read.

import { nowMs } from "../process/clock.ts";

/** What has changed since then may change again, and have the same time. */
const SETTLED_MS = 2000;

/**
 * Names the state of a file: its place, size, times and, by them, its mode.
 *
 * @returns `undefined` for one that has just changed.
 */
export function stampOf(
  { dev, ino, size, mtime, ctime }: Deno.FileInfo,
): string | undefined {
  const changedMs = Math.max(mtime?.getTime() ?? 0, ctime?.getTime() ?? 0);
  return nowMs() - changedMs > SETTLED_MS
    ? [dev, ino, size, changedMs].join()
    : undefined;
}
