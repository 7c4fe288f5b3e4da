// Finds installed programs, and tries whether they run.

import { Environment } from "../../lib/system/configuration/environment.ts";
import { findExecutable } from "../../lib/system/process/executable.ts";

/** Where daemons are, beside the folders in PATH. */
const FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** Finds the path of a program; `undefined` if it is not installed. */
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
