// Reports a failure of our own as qmail-remote(8) does: Z, a line and a NUL on fd 1, exit code 0.
// qmail-rspawn takes that for temporary. With any other code but 111 it bounces the message.

import { EXIT, type StepFailed } from "../qmail/exit_code.ts";
import { writeReport } from "../system/descriptors/report.ts";
import { escape } from "../system/process/log.ts";

/** The longest reason that fits on a line of a bounce. */
const REASON_CHARS = 400;

/** Writes the report that the delivery has to be tried again, with the reason. */
export function formatReport(program: string, message: string): string {
  return `Z${program}: ${escape(message).slice(0, REASON_CHARS)} (#4.3.0)`;
}

/** Tells qmail-rspawn of a failure; fd 2 is part of the report, so nothing goes there. */
export function reportToRspawn(
  program: string,
  { message }: StepFailed,
): number {
  const isTold = writeReport(`${formatReport(program, message)}\n\0`);
  // Half a report would be a permanent failure.
  return isTold ? 0 : EXIT.crashed;
}
