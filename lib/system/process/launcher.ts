// The launcher that waits for dk-remote. When it is killed, nobody tells qmail-rspawn how this ends:
// qmail-send will send the message again, so that this time it must not go out.

import type { Variables } from "../configuration/environment.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import type { Libc } from "./libc.ts";

const PR_SET_PDEATHSIG = 1;
const SIGTERM = 15n;

/** The variable with its process id. */
export const DK_WAITS = "DK_WAITS";

/** @returns The process id of the launcher; `undefined` when none waits. */
export function readLauncher(variables: Variables): number | undefined {
  const text = variables.get(DK_WAITS);
  return text === undefined ? undefined : Number(text);
}

/**
 * From here on this process, and the next program that it becomes, dies when the launcher does.
 *
 * @throws {StepFailed} 111 when the launcher has ended already.
 */
export function endWith(launcher: number, libc: Libc | undefined): void {
  if (Deno.build.os === "linux") {
    libc?.here("orphans").prctl(PR_SET_PDEATHSIG, SIGTERM);
  }
  if (Deno.ppid === launcher) return;
  throw new StepFailed(
    EXIT.crashed,
    "Nobody waits any more: the mail would be sent again",
  );
}
