// Reports as qmail-remote(8) does, a failure of our own or a message that is not to go out: Z or D, a
// line and a NUL on fd 1, exit code 0. With any other code but 111 qmail-rspawn bounces the message.

import type { Refusal } from "../pass/pass.ts";
import { EXIT, type StepFailed } from "../qmail/exit_code.ts";
import { writeReport } from "../system/descriptors/report.ts";
import { escape } from "../system/process/log.ts";

/** The longest reason that fits on a line of a bounce. */
const REASON_CHARS = 400;

/** Writes the report that the delivery has to be tried again, with the reason. */
export function formatReport(program: string, message: string): string {
  return `Z${program}: ${escape(message).slice(0, REASON_CHARS)} (#4.3.0)`;
}

/** The line of a report on a message that is not to go out, with D or Z as its text has it. */
export function formatRefusal(program: string, { text }: Refusal): string {
  return `${text[0]}${program}: ${text.slice(1)}`;
}

/** Tells qmail-rspawn of a failure; fd 2 is part of the report, so nothing goes there. */
export function reportToRspawn(
  program: string,
  { message }: StepFailed,
): number {
  return writeLine(formatReport(program, message));
}

/** Tells qmail-rspawn that a message is not sent. */
export function reportRefusal(program: string, refusal: Refusal): number {
  return writeLine(formatRefusal(program, refusal));
}

/** @returns The exit code. */
function writeLine(line: string): number {
  // Half a report would be a permanent failure.
  return writeReport(`${line}\n\0`) ? 0 : EXIT.crashed;
}
