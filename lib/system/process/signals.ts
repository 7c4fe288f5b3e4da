// Gives the next program the ignored signals of our own start. Without that, a signal that the runtime
// catches is at its default after an exec, even if it was ignored before.

import type { Libc } from "./libc.ts";

const IS_LINUX = Deno.build.os === "linux";
const SIGHUP = 1;
const SIGINT = 2;
const SIGUSR1 = IS_LINUX ? 10 : 30;
const SIGPIPE = 13;
const SIGTERM = 15;
const SIGCHLD = IS_LINUX ? 17 : 20;
const SIG_DFL = 0n;
const SIG_IGN = 1n;

/** The signals that the runtime catches half a second after its start. */
const CAUGHT = [SIGHUP, SIGINT, SIGUSR1, SIGTERM];

/** A set of signals, by their numbers. */
export type Signals = { has(signal: number): boolean };

/**
 * Finds the signals that a process ignores. For our own process, to be called at its start.
 *
 * @returns `undefined` without /proc, or for a process that we may not look at.
 */
export function readIgnoredSignals(
  pid: number | "self",
): Signals | undefined {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const [, digits = "0"] = /^SigIgn:\s+([0-9a-f]+)/m.exec(status) ?? [];
    const mask = BigInt(`0x${digits}`);
    return { has: (signal) => (mask >> BigInt(signal - 1) & 1n) === 1n };
  } catch {
    // There is no /proc, or the parent has ended: the runtime's own setting stays.
    return undefined;
  }
}

/**
 * Prepares the signals of the next program.
 *
 * @param ignored The signals that were ignored at our start.
 * @returns A function that restores them, to be called right before an exec.
 */
export function prepareSignals(
  libc: Libc,
  ignored: Signals | undefined,
): () => void {
  const { signal } = libc.here("signals");
  // The runtime ignores it from its start: the parent's setting is taken for ours.
  const ignoresBrokenPipe = readIgnoredSignals(Deno.ppid)?.has(SIGPIPE) ?? true;
  return () => {
    if (!ignoresBrokenPipe) signal(SIGPIPE, SIG_DFL);
    for (const number of CAUGHT) {
      if (ignored?.has(number)) signal(number, SIG_IGN);
    }
  };
}

/** Where SIGCHLD is blocked, that of the launcher's own child is pending: a new disposition drops it. */
export function forgetChild(libc: Libc): void {
  const { signal } = libc.here("signals");
  const before = signal(SIGCHLD, SIG_DFL);
  if (before === SIG_IGN) signal(SIGCHLD, SIG_IGN);
}
