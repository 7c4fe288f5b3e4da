// Refuses a message, so that it is not queued: gives the exit code, and the text for the SMTP client if
// the caller takes one. Knows no reason.

import type { Refusal } from "../pass/pass.ts";
import { EXIT } from "../qmail/exit_code.ts";
import { tellCaller } from "../system/descriptors/error_text.ts";
import type { Libc } from "../system/process/libc.ts";
import { writeLog } from "../system/process/log.ts";
import { exit } from "../system/process/run.ts";

/**
 * Ends the program.
 *
 * @param errorFd ERROR_FD: the text is written there, and the exit code says so.
 * @param log The line for the log, left out if the text goes to fd 2.
 */
export function refuse(
  { action, text }: Refusal,
  libc: Libc | undefined,
  errorFd: number | undefined,
  log: string,
): never {
  const isTold = libc !== undefined && errorFd !== undefined &&
    tellCaller(libc, errorFd, text);
  if (isTold && errorFd === 2) return exit(EXIT.textGivenOnFd2);
  writeLog(log);
  if (isTold) return exit(EXIT.textGiven);
  return exit(action === "reject" ? EXIT.rejected : EXIT.deferred);
}
