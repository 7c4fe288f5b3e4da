// Takes a message through dk-remote, from qmail-rspawn to the real qmail-remote, which reports on fd 1
// itself. Nothing is sent before the last line: a process that dies here has sent nothing.

import type { Pass } from "../pass/pass.ts";
import type { RemoteConfiguration } from "../system/configuration/remote.ts";
import { checkChain } from "../system/process/chain.ts";
import type { Handover } from "../system/process/handover.ts";
import { endWith, readLauncher } from "../system/process/launcher.ts";
import { exit, type Program } from "../system/process/run.ts";
import { Job } from "./job.ts";
import { readMessage, withHandover } from "./one_shot.ts";
import { reportRefusal } from "./remote_report.ts";

/**
 * Takes one message through a pass and on to qmail-remote.
 *
 * @throws {StepFailed} With the number for what went wrong.
 */
export function relayRemote(
  program: Program,
  configuration: RemoteConfiguration,
  pass: Pass,
): Promise<never> {
  return withHandover(
    program,
    (handover) => relayBy(handover, program, configuration, pass),
  );
}

async function relayBy<File>(
  handover: Handover<File>,
  { name, environment, libc }: Program,
  { temporaryFolder, next, ownVariables, sender }: RemoteConfiguration,
  pass: Pass,
): Promise<never> {
  const programsBefore = checkChain(0);
  const launcher = readLauncher(environment.variables);
  const job = new Job(handover.createSpool(temporaryFolder), pass);
  await readMessage(job, libc);
  // QMTP sends the size of the file first, and breaks off when there is less.
  const answering = job.end(Promise.resolve(sender), true);
  // It is awaited below. Until then a failure must not count as an unhandled rejection.
  answering.catch(() => {});
  // Another thread signs, while this one prepares the handover.
  const goOn = handover.prepare({
    command: next,
    environment,
    ownVariables,
    programsBefore,
  });
  const answer = await answering;
  if (answer.refusal !== undefined) {
    return exit(reportRefusal(name, answer.refusal));
  }
  if (launcher !== undefined) endWith(launcher, libc);
  return await goOn(answer.file);
}
