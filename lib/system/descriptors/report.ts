// Writes the report of qmail-remote(8) on fd 1. For every other program fd 1 is the envelope.

/** @returns Whether all of it has been written. */
export function writeReport(report: string): boolean {
  let rest = new TextEncoder().encode(report);
  try {
    while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
    return true;
  } catch {
    // Nobody reads it.
    return false;
  }
}
