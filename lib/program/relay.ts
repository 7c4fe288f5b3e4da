// How a message goes through a filter, from the caller's descriptors to the next program.
// Nothing downstream starts before the last line: a filter that dies has queued nothing.

import type { Pass } from "../pass/pass.ts";
import { byChild } from "../system/process/by_child.ts";
import { readEnvelope, senderOf } from "../qmail/envelope.ts";
import { checkChain } from "../system/process/chain.ts";
import { QMAIL_QUEUE, type Site } from "../system/configuration/environment.ts";
import { Intake } from "./intake.ts";
import { hasLibc } from "../system/process/libc.ts";
import { writeLog } from "../system/process/log.ts";
import { refuseOurselves } from "../system/process/ourselves.ts";
import { refuse } from "./refuse.ts";
import { byExec, type Way } from "../system/process/handover.ts";

/**
 * Takes one message through a pass and on to the next program.
 *
 * @param program Our name, for the log.
 * @throws {StepFailed} With the number for what went wrong.
 */
export function relay(program: string, site: Site, pass: Pass): Promise<never> {
  return hasLibc()
    ? relayBy(byExec, program, site, pass)
    : relayBy(byChild, program, site, pass);
}

async function relayBy<File>(
  way: Way<File>,
  program: string,
  site: Site,
  pass: Pass,
): Promise<never> {
  checkChain(1);
  if (site.next[0] === QMAIL_QUEUE) {
    refuseOurselves(QMAIL_QUEUE, program, "name qmail-queue in DKQUEUE");
  }
  const intake = new Intake(way.createSpool(site.temporaryFolder), pass);
  await intake.read();
  const sender = Promise.withResolvers<string>();
  const passed = pass.end(sender.promise);
  // Awaited in its turn; until then its failure is no unhandled rejection.
  passed.catch(() => {});
  // While other threads hash and sign, this one reads the envelope and makes ready.
  const envelope = await readEnvelope(way.readFd(1));
  sender.resolve(senderOf(envelope));
  const recipients = await way.finishFile(envelope, site.temporaryFolder);
  const handOver = way.prepare(site.next);
  const outcome = await passed;
  const { action, notes, refusal } = outcome;
  if (refusal !== undefined) {
    return refuse(
      refusal,
      site.errorFd,
      () => writeLog(program, action, notes),
    );
  }
  const message = await intake.seal(outcome);
  writeLog(program, action, [...notes, ["next", site.next[0]!]]);
  return await handOver(message, recipients);
}
