// What a process that stays asks of the runtime: when it is to end, and how large it has grown.

/** Calls with the name of the signal by which the process is told to end. */
export function onStopSignal(stop: (signal: string) => void): void {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    Deno.addSignalListener(signal, () => stop(signal));
  }
}

/** The memory that the process has, in bytes. */
export function residentBytes(): number {
  return Deno.memoryUsage().rss;
}
