// Starts the programs of others and takes what they print. Refuses to know what they print.

import { toText } from "../../lib/message/octets.ts";

/** What a process gets. */
export interface Input {
  input?: Uint8Array<ArrayBuffer>;
  cwd?: string;
}

/**
 * Runs a program to its end.
 *
 * @returns Its stdout, as an octet string.
 * @throws {Error} If it ends with another exit code than 0, with its stderr.
 */
export async function run(
  [program = "", ...args]: string[],
  { input = new Uint8Array(), cwd }: Input = {},
): Promise<string> {
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    ...(cwd === undefined ? {} : { cwd }),
  }).spawn();
  const written = new Blob([input]).stream().pipeTo(child.stdin)
    .catch(() => {/* It has ended without reading; its exit code counts. */});
  const { code, stdout, stderr } = await child.output();
  await written;
  if (code !== 0) {
    throw new Error(`${program} ended with ${code}: ${toText(stderr)}`);
  }
  return toText(stdout);
}

/**
 * Starts a program to see whether it is there.
 *
 * @param version What finds the version in its output, for those that tell.
 * @returns Its name, with the version, or why it is missing.
 */
export async function probe(
  name: string,
  command: string[],
  version?: RegExp,
): Promise<{ name: string; missing?: string }> {
  try {
    const output = await run(command);
    const [found] = version?.exec(output) ?? [];
    return { name: found === undefined ? name : `${name} ${found}` };
  } catch (error) {
    const [reason] = /.{1,80}/.exec(String(error)) ?? [];
    return { name, missing: reason ?? "it does not start" };
  }
}
