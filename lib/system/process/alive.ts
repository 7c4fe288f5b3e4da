// Tells whether another process of the same user still exists. Needs /proc.

/**
 * Tells whether a process with that number exists, of our own user: another's has the number by now, and
 * not what it stood for.
 */
export function isAliveOfOurs(pid: number): boolean {
  try {
    return Deno.statSync(`/proc/${pid}`).uid === Deno.uid();
  } catch {
    return false;
  }
}

/** When it was started, in a unit of the kernel's: a number may be another process's by now. */
export function startOf(pid: number): string | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")")).split(" ")[20];
  } catch {
    return undefined;
  }
}
