// Replaces our own environment for a while by that of a service, so that the functions of the programs
// read the variables that they would read there.

import { Environment } from "../../lib/system/configuration/environment.ts";

/** What this process was given; it changes while {@linkcode withVariables} runs. */
export const ENVIRONMENT = new Environment(Deno.env);

/** Runs a function with variables set, and restores the environment. */
export async function withVariables(
  variables: Iterable<readonly [name: string, value: string]>,
  run: () => Promise<void>,
): Promise<void> {
  const before: [string, string | undefined][] = [];
  for (const [name, value] of variables) {
    before.push([name, Deno.env.get(name)]);
    Deno.env.set(name, value);
  }
  try {
    await run();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}
