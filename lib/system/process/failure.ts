// Turns a failure of any kind into an exit code and a line of the log.

import type { Note } from "../../pass/pass.ts";
import { UnusableKey } from "../../keys/unusable_key.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";

/** Gives the exit code and the reason of a thrown value; 81 for an unforeseen one. */
export function failureOf(error: unknown): StepFailed {
  if (isStepFailed(error)) return error;
  if (error instanceof UnusableKey) {
    return new StepFailed(EXIT.configuration, error.message);
  }
  // V8 says this if it gets no more memory. A RangeError of our own is a bug.
  if (error instanceof RangeError && /allocation failed/i.test(error.message)) {
    return new StepFailed(EXIT.outOfMemory, error.message);
  }
  const detail = error instanceof Error
    ? error.stack ?? error.message
    : String(error);
  return new StepFailed(EXIT.bug, detail);
}

/** Compares by name, since a bundle that is loaded later has a class of its own. */
function isStepFailed(error: unknown): error is StepFailed {
  return error instanceof Error && error.name === "StepFailed";
}

/** The notes about a failure for the log. */
export function failureNotes({ code, message }: StepFailed): Note[] {
  return [["exit", code], ["reason", message]];
}
