// The frame of every program: one catch, one exit. A program that ends before the next one has taken its
// place exits with the code for its failure.

import { Environment } from "../configuration/environment.ts";
import { readTimeLimit } from "../configuration/queue.ts";
import { drainInput } from "../descriptors/fds.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { DAY_SECONDS, elapse } from "./clock.ts";
import { failureNotes, failureOf } from "./failure.ts";
import { Libc } from "./libc.ts";
import { formatLog, writeLog } from "./log.ts";
import { readIgnoredSignals, type Signals } from "./signals.ts";

/** One run of a program. */
export interface Program {
  /** The name of the program, for the log. */
  name: string;
  environment: Environment;
  /** `undefined` where the C library cannot be called. */
  libc: Libc | undefined;
  /** The signals that the caller ignores. */
  ignoredSignals: Signals | undefined;
  /** Ends the time limit: the next program has its own time. */
  endTimeLimit(): void;
}

/** Reports a failure to the caller, and returns the exit code. */
export type Report = (program: string, failure: StepFailed) => number;

/**
 * Runs a program to its end.
 *
 * @param name Its name.
 * @param main Never returns: the next program takes our place, or it throws.
 * @param report Reports a failure to the caller.
 */
export async function run(
  name: string,
  main: (program: Program) => Promise<never>,
  report: Report = reportInLog,
): Promise<never> {
  /** Rejects if something fails outside of the main function. */
  const outside = Promise.withResolvers<never>();
  // For these the runtime itself would exit with 1 and write a text on fd 2.
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

/** Ends the program, with a code of ours or of a child. This is the only exit. */
export function exit(code: number): never {
  Deno.exit(code);
}

function reportInLog(program: string, failure: StepFailed): number {
  writeLog(formatLog(program, "failed", failureNotes(failure)));
  return failure.code;
}
