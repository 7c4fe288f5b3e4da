// The same run with a filter and without one, for what the next program must find unchanged.
// Refuses to know what that is.

import { assertEquals } from "@std/assert";
import { type FilterRun, runFilter } from "./queue.ts";
import type { Queued } from "./queued.ts";
import { MAIL, toBytes } from "./mail.ts";
import { commandOf, NO_FILTER, type Program } from "./programs.ts";
import type { Site } from "./site.ts";

/**
 * Lines for `setup` that put a shell between the test and the program. It has the program's
 * limits and dispositions, as the parent of a filter has; those of the test are its runtime's.
 */
export const BEHIND_PARENT = 'unset PWD OLDPWD SHLVL; (exec "$@"); exit $?';

/** What the next program found after a filter, and without one. */
export interface Comparison {
  found: Queued;
  expected: Queued;
}

/**
 * Runs the same twice.
 *
 * @param run Its environment is the whole one; default: that of the site.
 * @param prefix Words in front of the filter, and of env(1) in its place.
 */
export async function compare(
  program: Program,
  site: Site,
  run: Omit<FilterRun, "command">,
  prefix: string[] = [],
): Promise<Comparison> {
  const runs = [commandOf(program), NO_FILTER].map(async (command) => {
    const { code, stderr, queued } = await runFilter({
      message: toBytes(MAIL),
      env: site.env,
      ...run,
      command: [...prefix, ...command],
    });
    assertEquals(code, 0, stderr);
    return queued!;
  });
  const [found, expected] = await Promise.all(runs);
  return { found: found!, expected: expected! };
}
