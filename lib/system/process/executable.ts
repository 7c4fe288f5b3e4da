// Finds programs by name, and reads the first octets of a file. Executes nothing.

import { toText } from "../../message/octets.ts";
import type { Environment } from "../configuration/environment.ts";

/** Finds the program of that name; `undefined` if there is none that can be executed. */
export function findExecutable(
  name: string,
  environment: Environment,
): string | undefined {
  return listExecutables(name, environment)[0];
}

/** Lists the programs of that name in the order of PATH. Only exec tells whether we may execute one. */
export function listExecutables(
  name: string,
  environment: Environment,
): string[] {
  // The runtime cannot look for a name that is not UTF-8.
  if (name.includes("/") && !name.isWellFormed()) return [name];
  if (name.includes("/")) return isExecutable(name) ? [name] : [];
  const folders = (environment.get("PATH") ?? "/usr/bin:/bin").split(":");
  return folders.map((folder) => `${folder || "."}/${name}`)
    .filter((path) => !path.isWellFormed() || isExecutable(path));
}

function isExecutable(path: string): boolean {
  try {
    const { isFile, mode } = Deno.statSync(path);
    return isFile && ((mode ?? 0) & 0o111) !== 0;
  } catch {
    // It is not in this folder of PATH.
    return false;
  }
}

const MAGIC_OCTETS = 4;

/**
 * Tells whether a file is a script that names its interpreter, or a binary of Linux. A shell that
 * executes anything else reads it as a script: an empty one succeeds, and the mail is lost.
 */
export function isForExec(path: string): boolean {
  try {
    return /^(?:#!|\x7fELF)/.test(readHead(path, MAGIC_OCTETS));
  } catch (error) {
    // What may be executed and not read, no shell can read either.
    return error instanceof Deno.errors.PermissionDenied;
  }
}

/** The first octets of a file, as an octet string. */
export function readHead(path: string, limitBytes: number): string {
  using file = Deno.openSync(path);
  const head = new Uint8Array(limitBytes);
  return toText(head.subarray(0, file.readSync(head) ?? 0));
}
