// How a message goes through a filter, from the caller's descriptors to the next program.
// Nothing downstream starts before the last line: a filter that dies has queued nothing.

import type { Pass } from "../pass/pass.ts";
import { readEnvelope, senderOf } from "../qmail/envelope.ts";
import {
  QMAIL_QUEUE,
  type QueueConfiguration,
} from "../system/configuration/queue.ts";
import { checkChain } from "../system/process/chain.ts";
import type { Handover } from "../system/process/handover.ts";
import { formatLog, writeLog } from "../system/process/log.ts";
import { refuseOurselves } from "../system/process/ourselves.ts";
import type { Program } from "../system/process/run.ts";
import { Job } from "./job.ts";
import { readMessage, withHandover } from "./one_shot.ts";
import { refuse } from "./refuse.ts";

/**
 * Takes one message through a pass and on to the next program.
 *
 * @throws {StepFailed} With the number for what went wrong.
 */
export function relay(
  program: Program,
  configuration: QueueConfiguration,
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
  { temporaryFolder, next, ownVariables, errorFd }: QueueConfiguration,
  pass: Pass,
): Promise<never> {
  const programsBefore = checkChain(1);
  if (next[0] === QMAIL_QUEUE) {
    const remedy = "name qmail-queue in DKQUEUE";
    refuseOurselves(QMAIL_QUEUE, environment, name, remedy);
  }
  const job = new Job(handover.createSpool(temporaryFolder), pass);
  await readMessage(job, libc);
  const sender = Promise.withResolvers<string>();
  const answering = job.end(sender.promise);
  // It is awaited below. Until then a failure must not count as an unhandled rejection.
  answering.catch(() => {});
  // Other threads hash and sign, while this one reads the envelope and prepares the handover.
  const envelope = await readEnvelope(handover.readFd(1));
  sender.resolve(senderOf(envelope));
  const recipients = await handover.finishFile(envelope, temporaryFolder);
  const goOn = handover.prepare({
    command: next,
    environment,
    ownVariables,
    programsBefore,
  });
  const { action, notes, ...answer } = await answering;
  if (answer.refusal !== undefined) {
    const log = formatLog(name, action, notes);
    return refuse(answer.refusal, libc, errorFd, log);
  }
  writeLog(formatLog(name, action, [...notes, ["next", next[0]!]]));
  return await goOn(answer.file, recipients);
}
