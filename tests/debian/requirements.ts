// What the tests with programs from Debian ask of the machine. Where it can not be had they are
// ignored, and say why.

import type { Prefix } from "../e2e/requirements.ts";

/** Where daemons are, beside the folders in PATH. */
const FOLDERS = [
  ...(Deno.env.get("PATH") ?? "").split(":"),
  "/usr/local/sbin",
  "/usr/sbin",
  "/sbin",
];

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
  const command = new Deno.Command(path, {
    args,
    stdout: "null",
    stderr: "null",
  });
  return (await command.output()).success ? { words: [] } : { missing };
}

function findProgram(name: string): string | undefined {
  return FOLDERS.map((folder) => `${folder}/${name}`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      // Not in this folder.
      return false;
    }
  });
}
