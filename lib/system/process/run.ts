// The frame of every program: one catch, one exit. Whatever ends a program without the next one
// having taken its place ends it with what the caller takes for what it is.

import { Environment } from "../configuration/environment.ts";
import { readTimeLimit } from "../configuration/queue.ts";
import { drainInput } from "../descriptors/fds.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { DAY_SECONDS, elapse } from "./clock.ts";
import { failureNotes, failureOf } from "./failure.ts";
import { Libc } from "./libc.ts";
import { formatLog, writeLog } from "./log.ts";
import { readIgnoredSignals, type Signals } from "./signals.ts";

/** What one run of a program has. */
export interface Program {
  /** Our name, for the log. */
  name: string;
  environment: Environment;
  /** `undefined` where the C library cannot be called. */
  libc: Libc | undefined;
  /** The signals that the caller ignores. */
  ignoredSignals: Signals | undefined;
  /** The time from here on is the next program's. */
  endTimeLimit(): void;
}

/** Tells the caller of a failure, and returns what to exit with. */
export type Report = (program: string, failure: StepFailed) => number;

/**
 * Runs a program to its end.
 *
 * @param name Its name.
 * @param main Does not return: the next program takes our place, or it throws.
 * @param report How the caller is told of a failure.
 */
export async function run(
  name: string,
  main: (program: Program) => Promise<never>,
  report: Report = reportInLog,
): Promise<never> {
  /** Rejected by what fails outside of the main function. */
  const outside = Promise.withResolvers<never>();
  // The runtime's own answer to these is exit code 1, with a text on fd 2.
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    outside.reject(event.reason);
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    outside.reject(event.error);
  });
  const libc = Libc.find();
  const ignoredSignals = readIgnoredSignals("self");
  try {
    const environment = new Environment(Deno.env);
    const endTimeLimit = startTimeLimit(environment, outside.reject);
    return await Promise.race([
      main({ name, environment, libc, ignoredSignals, endTimeLimit }),
      outside.promise,
    ]);
  } catch (error) {
    const code = report(name, failureOf(error));
    // A failure from here on, or the time limit, changes nothing: the exit code is known.
    await Promise.race([
      drainInput(libc),
      elapse(1000 * DAY_SECONDS),
      outside.promise,
    ])
      .catch(() => {});
    return exit(code);
  }
}

/**
 * Fails with 52 when the time is over.
 *
 * @returns What ends the time limit.
 */
function startTimeLimit(
  environment: Environment,
  fail: (failure: StepFailed) => void,
): () => void {
  const seconds = readTimeLimit(environment);
  let isEnded = false;
  elapse(1000 * seconds).then(() => {
    if (!isEnded) {
      fail(new StepFailed(EXIT.timeLimit, `Not done after ${seconds} seconds`));
    }
  });
  return () => isEnded = true;
}

/** Ends the program, with a code of ours or that of a child. Nothing else does. */
export function exit(code: number): never {
  Deno.exit(code);
}

function reportInLog(program: string, failure: StepFailed): number {
  writeLog(formatLog(program, "failed", failureNotes(failure)));
  return failure.code;
}
