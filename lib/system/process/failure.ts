// What a failure of any kind means to the caller: an exit code, and a line of the log.

import type { Note } from "../../pass/pass.ts";
import { UnusableKey } from "../../keys/unusable_key.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";

/** The exit code and the reason of whatever was thrown; 81 for what nobody foresaw. */
export function failureOf(error: unknown): StepFailed {
  if (isStepFailed(error)) return error;
  if (error instanceof UnusableKey) {
    return new StepFailed(EXIT.configuration, error.message);
  }
  // What V8 says when it can have no more memory; a RangeError of ours is a bug.
  if (error instanceof RangeError && /allocation failed/i.test(error.message)) {
    return new StepFailed(EXIT.outOfMemory, error.message);
  }
  const detail = error instanceof Error
    ? error.stack ?? error.message
    : String(error);
  return new StepFailed(EXIT.bug, detail);
}

/** By its name: what is loaded later has a class of its own. */
function isStepFailed(error: unknown): error is StepFailed {
  return error instanceof Error && error.name === "StepFailed";
}

/** What the log says of it. */
export function failureNotes({ code, message }: StepFailed): Note[] {
  return [["exit", code], ["reason", message]];
}
