// dktest as a process.

const SCRIPT =
  new URL("../../scripts/dktest/main.ts", import.meta.url).pathname;

/** What the process left behind. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** How the process is started. */
export interface Surroundings {
  stdin?: string;
  cwd?: string | URL;
  env?: Record<string, string>;
}

/** Starts dktest with all three descriptors as pipes. */
export function startDktest(
  args: string[],
  { cwd, env }: Surroundings = {},
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", SCRIPT, ...args],
    ...(cwd === undefined ? {} : { cwd }),
    env: { NO_COLOR: "1", ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs dktest to its end. */
export async function dktest(
  args: string[],
  surroundings: Surroundings = {},
): Promise<Ended> {
  const process = startDktest(args, surroundings);
  const input = new Blob([surroundings.stdin ?? ""]).stream();
  // Not every run reads its input.
  const [{ code, stdout, stderr }] = await Promise.all([
    process.output(),
    input.pipeTo(process.stdin).catch(() => {}),
  ]);
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}
