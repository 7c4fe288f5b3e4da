// Tells whether another process of the same user still exists. Needs /proc.

/** Tells whether a process with that number exists. */
export function isAlive(pid: number): boolean {
  try {
    Deno.statSync(`/proc/${pid}`);
    return true;
  } catch {
    return false;
  }
}

/** The start time of a process, in a unit of the kernel: its number may be reused by now. */
export function startOf(pid: number): string | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")")).split(" ")[20];
  } catch {
    return undefined;
  }
}
