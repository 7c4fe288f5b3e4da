// The frame of every program: one catch, one exit. Whatever ends a program without the next one
// having taken its place ends it with a number that the caller takes for what it is.

import { elapse } from "./clock.ts";
import { EXIT, StepFailed } from "./exit_code.ts";
import { writeLog } from "./log.ts";

/**
 * Runs a program to its end.
 *
 * @param program Its name, for the log.
 * @param main Does not return: it becomes the next program, or throws.
 */
export async function run(
  program: string,
  main: () => Promise<never>,
): Promise<never> {
  try {
    return await main();
  } catch (error) {
    return die(program, error);
  }
}

/** Ends the program with 52 when it is not done in time. */
export async function startTimeLimit(
  program: string,
  seconds: number,
): Promise<never> {
  await elapse(1000 * seconds);
  return die(
    program,
    new StepFailed(EXIT.timeLimit, `Not done after ${seconds} seconds`),
  );
}

/** Ends the program, with a code of ours or that of a child. Nothing else does. */
export function exit(code: number): never {
  Deno.exit(code);
}

function die(program: string, error: unknown): never {
  const { code, message } = error instanceof StepFailed
    ? error
    : unforeseen(error);
  writeLog(program, "failed", [["exit", code], ["reason", message]]);
  return exit(code);
}

function unforeseen(error: unknown): StepFailed {
  // What V8 says when it can have no more memory; a RangeError of ours is a bug.
  if (error instanceof RangeError && /allocation failed/i.test(error.message)) {
    return new StepFailed(EXIT.outOfMemory, error.message);
  }
  const detail = error instanceof Error
    ? error.stack ?? error.message
    : String(error);
  return new StepFailed(EXIT.bug, detail);
}
