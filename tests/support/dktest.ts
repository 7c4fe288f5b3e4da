// dktest as a process.

import { type Ended, runToEnd, type Start } from "./ended.ts";

const SCRIPT =
  new URL("../../scripts/dktest/main.ts", import.meta.url).pathname;

/** Starts dktest with all three descriptors as pipes. */
export function startDktest(args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", SCRIPT, ...args],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs dktest to its end. */
export function dktest(
  args: string[],
  { env, ...start }: Start = {},
): Promise<Ended> {
  return runToEnd([Deno.execPath(), "run", "-A", SCRIPT, ...args], {
    stdin: "",
    ...start,
    env: { NO_COLOR: "1", ...env },
  });
}
