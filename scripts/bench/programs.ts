// Whether a program is installed, and whether it runs.

import { Environment } from "../../lib/system/configuration/environment.ts";
import { findExecutable } from "../../lib/system/process/executable.ts";

/** Where daemons are, beside the folders in PATH. */
const FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** The path of a program; `undefined` when it is not installed. */
export function findProgram(name: string): string | undefined {
  return [name, ...FOLDERS.map((folder) => `${folder}/${name}`)]
    .map((name) => findExecutable(name, new Environment(Deno.env))).find((
      path,
    ) => path !== undefined);
}

/** @returns Whether it is there and exits with 0. */
export async function succeeds(
  [program, ...args]: string[],
  cwd = ".",
): Promise<boolean> {
  try {
    const command = new Deno.Command(program!, {
      args,
      cwd,
      stdout: "null",
      stderr: "null",
    });
    return (await command.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
