// The frame of every program: one catch, one exit. Whatever ends a program without the next one
// having taken its place ends it with what the caller takes for what it is.

import { DAY_SECONDS, elapse } from "./clock.ts";
import { readTimeLimit } from "../configuration/environment.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { drainInput } from "../descriptors/fds.ts";
import { writeLog } from "./log.ts";

/** Tells the caller of a failure, and returns what to exit with. */
export type Report = (program: string, failure: StepFailed) => number;

/** Rejected by what goes wrong beside the main function. */
const beside = Promise.withResolvers<never>();
let isHandedOver = false;

/**
 * Runs a program to its end.
 *
 * @param program Its name, for the log.
 * @param main Does not return: it becomes the next program, or throws.
 * @param report How the caller is told of a failure.
 */
export async function run(
  program: string,
  main: () => Promise<never>,
  report: Report = reportInLog,
): Promise<never> {
  // The runtime's own answer to these is exit code 1, with a text on fd 2.
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    beside.reject(event.reason);
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    beside.reject(event.error);
  });
  try {
    startTimeLimit(readTimeLimit());
    return await Promise.race([main(), beside.promise]);
  } catch (error) {
    const failure = error instanceof StepFailed ? error : unforeseen(error);
    const code = report(program, failure);
    // Whatever comes of that, or of the time limit: it is said already how this ends.
    await Promise.race([
      drainInput(),
      elapse(1000 * DAY_SECONDS),
      beside.promise,
    ])
      .catch(() => {});
    return exit(code);
  }
}

/** Ends the program with 52 when it is not done in time. */
async function startTimeLimit(seconds: number): Promise<void> {
  await elapse(1000 * seconds);
  if (isHandedOver) return;
  beside.reject(
    new StepFailed(EXIT.timeLimit, `Not done after ${seconds} seconds`),
  );
}

/** The time of the next program is its own. */
export function endTimeLimit(): void {
  isHandedOver = true;
}

/** Ends the program, with a code of ours or that of a child. Nothing else does. */
export function exit(code: number): never {
  Deno.exit(code);
}

function reportInLog(program: string, { code, message }: StepFailed): number {
  writeLog(program, "failed", [["exit", code], ["reason", message]]);
  return code;
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
