// Why a call of the C library has failed that names a file.

import type { Libc } from "../process/libc.ts";

/** No such file; the same number everywhere. */
const ENOENT = 2;

/**
 * Tells, right after such a call, whether there is no such file. Most slots lack a file or two, and an error
 * of the runtime takes longer than the call; its own calls may have changed errno meanwhile.
 */
export function isMissing(libc: Libc, path: string): boolean {
  return libc.errno() === ENOENT || !isThere(path);
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
