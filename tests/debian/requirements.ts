// What the tests with programs from Debian ask of the machine. Where it cannot be had they are
// ignored, and say why.

import { findProgram, succeeds } from "../../scripts/bench/programs.ts";
import type { Prefix } from "../support/requirements.ts";

/** All of these are installed. */
export function ignoreUnless(...programs: string[]): Prefix {
  const missing = programs.filter((name) => findProgram(name) === undefined);
  return missing.length === 0
    ? { words: [] }
    : { missing: `no ${missing.join(", no ")}` };
}

/** We may become another user, and listen on port 53. */
export const ROOT: Prefix = Deno.uid() === 0
  ? { words: [] }
  : { missing: "not root" };

/**
 * The path of a program.
 *
 * @throws {Error} If it is not installed.
 */
export function pathOf(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`Cannot find "${name}"`);
  return path;
}

/** The words run here, which a machine may forbid. */
export async function ignoreUnlessRuns(
  missing: string,
  [name = "", ...args]: string[],
): Promise<Prefix> {
  const path = findProgram(name);
  if (path === undefined) return { missing: `no ${name}` };
  return await succeeds([path, ...args]) ? { words: [] } : { missing };
}
