// Our own environment for a while as another one's: what reads a variable is asked as the programs
// ask it.

import { Environment } from "../../lib/system/configuration/environment.ts";

/** What this process was given; it changes while {@linkcode withVariables} runs. */
export const ENVIRONMENT = new Environment(Deno.env);

/** Runs with variables set, and puts back what was there. */
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
