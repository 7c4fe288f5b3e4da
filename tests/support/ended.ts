// A process that is run to its end, and what it left behind. Knows no program.

/** What a process left behind. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** How a process is started. */
export interface Start {
  cwd?: string | URL;
  /** Added to our own environment, unless that is cleared. */
  env?: Record<string, string>;
  clearEnv?: boolean;
  /** What is on its fd 0. Default: nothing. */
  stdin?: string | Uint8Array;
}

/** Runs a command to its end. */
export async function runToEnd(
  [program = "", ...args]: string[],
  { stdin, ...options }: Start = {},
): Promise<Ended> {
  const process = new Deno.Command(program, {
    args,
    ...options,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const [{ code, stdout, stderr }] = await Promise.all([
    process.output(),
    // Not every run reads its input.
    stdin === undefined
      ? undefined
      : new Blob([stdin as BlobPart]).stream().pipeTo(process.stdin).catch(
        () => {},
      ),
  ]);
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}
