// How a message goes through a filter, from the caller's descriptors to the next program.
// Nothing downstream starts before the last line: a filter that dies has queued nothing.

import { toOctets } from "../message/octets.ts";
import type { Note, Pass } from "../pass/ports.ts";
import { readEnvelope } from "./envelope.ts";
import type { Site } from "./environment.ts";
import { takeOver } from "./exec.ts";
import { EXIT, StepFailed } from "./exit_code.ts";
import { Deadline, isMissing, readFd } from "./fds.ts";
import { writeLog } from "./log.ts";
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
  const deadline = new Deadline(site.timeLimitSeconds);
  const spool = new Spool(site.temporaryFolder);
  for await (const chunk of readFd(0, deadline)) {
    spool.append(chunk);
    pass.push(chunk);
  }
  if (spool.length === 0 && isMissing(0)) {
    throw new StepFailed(EXIT.read, "Descriptor 0 is closed");
  }
  const envelope = await readEnvelope(1, deadline);
  const { prelude, done, notes } = await pass.end();
  const message = spool.seal(toOctets(prelude));
  const recipients = finishedFile([envelope], site.temporaryFolder);
  writeLog(program, done, [...notes, ...warnings(), ["next", site.next[0]!]]);
  takeOver(site.next, message, recipients);
}
