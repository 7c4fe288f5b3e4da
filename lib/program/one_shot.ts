// What a process with one message does, whichever way it goes on: chooses how the next program is
// started, and reads the message from fd 0.

import { EXIT, StepFailed } from "../qmail/exit_code.ts";
import { isMissing, readInput } from "../system/descriptors/fds.ts";
import { byChild } from "../system/process/by_child.ts";
import { byExec } from "../system/process/by_exec.ts";
import type { Handover } from "../system/process/handover.ts";
import type { Libc } from "../system/process/libc.ts";
import type { Program } from "../system/process/run.ts";
import type { Job } from "./job.ts";

/** Goes on by exec, or by a child where the C library cannot be called. */
export function withHandover<Result>(
  program: Program,
  run: <File>(handover: Handover<File>) => Result,
): Result {
  const { libc, ignoredSignals } = program;
  return libc === undefined
    ? run(byChild(program))
    : run(byExec(libc, ignoredSignals));
}

/** @throws {StepFailed} 54 when fd 0 cannot be read or is closed, 53 when the message cannot be kept. */
export async function readMessage<File>(
  job: Job<File>,
  libc: Libc | undefined,
): Promise<void> {
  const length = await job.read(readInput(libc));
  if (length === 0 && isMissing(libc, 0)) {
    throw new StepFailed(EXIT.read, "Descriptor 0 is closed");
  }
}
