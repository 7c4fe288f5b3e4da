// What `deno compile` needs, for tests of compiled programs: as the environment says, else as a tool
// for machines on which the runtime part cannot be downloaded makes it.

import type { Prefix } from "../support/requirements.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const NAMES = ["COMPILE_DENO", "DENORT_BIN"];

/** Words as `NAME=value` that let `deno compile` work, or why there are none. */
export async function findCompiler(): Promise<Prefix> {
  const words = NAMES.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  if (words.length === NAMES.length) return { words };
  const missing = { missing: "no DENORT_BIN, and no tool that makes one" };
  await Deno.mkdir(`${ROOT}dist`, { recursive: true });
  const path = `${ROOT}dist/denort.lock`;
  using lock = await Deno.open(path, { create: true, write: true });
  // Tests of other files may want it too, and it is not made at once.
  await lock.lock(true);
  try {
    const { success, stdout } = await new Deno.Command(
      `${ROOT}../shared/tools/denort`,
      { args: [`${ROOT}dist/denort`], stderr: "null" },
    ).output();
    if (!success) return missing;
    return { words: new TextDecoder().decode(stdout).trim().split("\n") };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return missing;
    throw error;
  }
}

/** The words of {@linkcode findCompiler} as an environment. */
export function toEnvironment(prefix: Prefix): Record<string, string> {
  if ("missing" in prefix) throw new Error(prefix.missing);
  return Object.fromEntries(prefix.words.map((word) => word.split("=", 2)));
}
