// Watches the launcher that waits for dk-remote. If it is killed, qmail-rspawn never learns the result,
// and qmail-send sends the message again: this time it must not go out.

import type { Variables } from "../configuration/environment.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import type { Libc } from "./libc.ts";

const PR_SET_PDEATHSIG = 1;
const SIGTERM = 15n;

/** The variable with its process id. */
export const DK_WAITS = "DK_WAITS";

/** @returns The process id of the launcher; `undefined` if none waits. */
export function readLauncher(variables: Variables): number | undefined {
  const text = variables.get(DK_WAITS);
  return text === undefined ? undefined : Number(text);
}

/**
 * Makes this process, and the next program that it becomes, die with the launcher.
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
