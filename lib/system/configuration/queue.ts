// The configuration of a program with the qmail-queue interface, whatever it does to a message: the next
// program, a descriptor for texts, a time limit.

import { parseErrorFd, parseSeconds } from "../../policy/options.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { DAY_SECONDS } from "../process/clock.ts";
import {
  type Environment,
  readTemporaryFolder,
  usable,
} from "./environment.ts";

/** The program to go on with, if nothing else is said. */
export const QMAIL_QUEUE = "/var/qmail/bin/qmail-queue";

/** The configuration of a program with the qmail-queue interface. */
export interface QueueConfiguration {
  /** Where a large message is kept. */
  temporaryFolder: string;
  /** The program to go on with, and its arguments. */
  next: string[];
  /** The variables that the next program does not find. */
  ownVariables: string[];
  /** A descriptor that takes a text for the SMTP client. */
  errorFd: number | undefined;
}

/**
 * @param args The program's own arguments: the next program, when there are any.
 * @throws {StepFailed} 55 for a variable that cannot be used.
 */
export function readQueueConfiguration(
  environment: Environment,
  args: string[],
): QueueConfiguration {
  const queue = environment.get("DKQUEUE")?.split(" ")
    .filter((word) => word !== "");
  const next = args.length > 0 ? args : queue ?? [QMAIL_QUEUE];
  if (next.length === 0) {
    throw new StepFailed(EXIT.configuration, "DKQUEUE names no program");
  }
  return {
    temporaryFolder: readTemporaryFolder(environment),
    next,
    ownVariables: ["DKQUEUE"],
    errorFd: usable(() => parseErrorFd(environment.get("ERROR_FD"))),
  };
}

/**
 * @returns Seconds.
 * @throws {StepFailed} 55 for a DEATH that cannot be used.
 */
export function readTimeLimit(environment: Environment): number {
  const death = environment.get("DEATH");
  return death === undefined
    ? DAY_SECONDS
    : usable(() => parseSeconds("DEATH", death));
}
