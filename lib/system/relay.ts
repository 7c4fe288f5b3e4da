// How a message goes through a filter, from the caller's descriptors to the next program.
// Nothing downstream starts before the last line: a filter that dies has queued nothing.

import { toOctets } from "../message/octets.ts";
import type { Note, Pass } from "../pass/ports.ts";
import { readEnvelope } from "./envelope.ts";
import type { Site } from "./environment.ts";
import { readCaller, takeOver } from "./exec.ts";
import { EXIT, StepFailed } from "./exit_code.ts";
import { isMissing, readFd } from "./fds.ts";
import { writeLog } from "./log.ts";
import { startTimeLimit } from "./run.ts";
import { finishedFile, Spool } from "./spool.ts";

/**
 * Takes one message through a pass and becomes the next program.
 *
 * @param program Our name, for the log.
 * @param warnings Asked for when the pass has ended.
 * @throws {StepFailed} With the number for what went wrong.
 */
export async function relay(
  program: string,
  site: Site,
  pass: Pass,
  warnings: () => Note[] = () => [],
): Promise<never> {
  startTimeLimit(program, site.timeLimitSeconds);
  const spool = new Spool(site.temporaryFolder);
  for await (const chunk of readFd(0)) {
    const kept = spool.append(chunk);
    pass.push(chunk);
    await kept;
  }
  if (spool.length === 0 && isMissing(0)) {
    throw new StepFailed(EXIT.read, "Descriptor 0 is closed");
  }
  const passed = pass.end();
  // Awaited in its turn; until then its failure is no unhandled rejection.
  passed.catch(() => {});
  const envelope = await finishedFile(
    await readEnvelope(1),
    site.temporaryFolder,
  );
  // While another thread signs, this one makes ready.
  const caller = readCaller();
  const { prelude, done, notes } = await passed;
  const message = await spool.seal(toOctets(prelude));
  writeLog(program, done, [...notes, ...warnings(), ["next", site.next[0]!]]);
  return await takeOver(site.next, caller, message, envelope);
}
