// How a message goes through a filter, from the caller's descriptors to the next program.
// Nothing downstream starts before the last line: a filter that dies has queued nothing.

import { toOctets } from "../message/octets.ts";
import { SP, TAB } from "../message/stage.ts";
import type { Pass } from "../pass/ports.ts";
import { byChild } from "./by_child.ts";
import { readEnvelope, senderOf } from "./envelope.ts";
import type { Site } from "./environment.ts";
import { EXIT, StepFailed } from "./exit_code.ts";
import { isMissing, readInput } from "./fds.ts";
import { hasLibc } from "./libc.ts";
import { writeLog } from "./log.ts";
import { refuse } from "./refuse.ts";
import { startTimeLimit } from "./run.ts";
import { byExec, type Way } from "./way.ts";

/** Keeps a first line that continues nothing from continuing the last field that we put on top. */
const ORPHAN = "X-Orphaned-Line:\n";

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
  startTimeLimit(program, site.timeLimitSeconds);
  const spool = way.createSpool(site.temporaryFolder);
  let length = 0;
  let isContinuation = false;
  for await (const chunk of readInput()) {
    if (length === 0) isContinuation = chunk[0] === SP || chunk[0] === TAB;
    length += chunk.length;
    const kept = spool.append(pass.filter?.(chunk) ?? chunk);
    pass.push(chunk);
    await kept;
  }
  if (length === 0 && isMissing(0)) {
    throw new StepFailed(EXIT.read, "Descriptor 0 is closed");
  }
  const envelope = readEnvelope(way.readFd(1));
  const passed = pass.end(envelope.then(senderOf));
  // Awaited in its turn; until then its failure is no unhandled rejection.
  passed.catch(() => {});
  const recipients = await way.finishFile(await envelope, site.temporaryFolder);
  // While another thread signs, this one makes ready.
  const handOver = way.prepare(site.next);
  const { prelude, rest, done, notes, refusal } = await passed;
  if (refusal !== undefined) {
    return refuse(
      refusal,
      site.errorFd,
      () => writeLog(program, done, notes),
    );
  }
  if (rest !== undefined) await spool.append(rest);
  const guard = isContinuation && prelude !== "" ? ORPHAN : "";
  const message = await spool.seal(toOctets(prelude + guard));
  writeLog(program, done, [...notes, ["next", site.next[0]!]]);
  return await handOver(message, recipients);
}
