// The launcher that waits for dk-remote. When it is killed, nobody tells qmail-rspawn how this ends:
// qmail-send will send the message again, so that this time it must not go out.

import { taken } from "./caller.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { hasLibc, libcHere } from "./libc.ts";

const PR_SET_PDEATHSIG = 1;
const SIGTERM = 15n;

/** @returns The process id of the launcher; `undefined` when none waits. */
export function readLauncher(): number | undefined {
  taken.add("DK_WAITS");
  const text = Deno.env.get("DK_WAITS");
  return text === undefined ? undefined : Number(text);
}

/**
 * From here on this process, and the next program that it becomes, dies when the launcher does.
 *
 * @throws {StepFailed} 111 when the launcher has ended already.
 */
export function endWith(launcher: number): void {
  if (Deno.build.os === "linux" && hasLibc()) {
    libcHere("orphans").prctl(PR_SET_PDEATHSIG, SIGTERM);
  }
  if (Deno.ppid === launcher) return;
  throw new StepFailed(
    EXIT.crashed,
    "Nobody waits any more: the mail would be sent again",
  );
}
