// Does the work of a program of ours for one mail of the resident process. The descriptors stay with the
// launcher.

import { readEnvelope, senderOf } from "../qmail/envelope.ts";
import { EXIT, StepFailed } from "../qmail/exit_code.ts";
import type { Refusal } from "../pass/pass.ts";
import {
  chooseEither,
  chooseRemoteSigning,
  chooseSigning,
  chooseVerifying,
} from "../program/choose_pass.ts";
import { Job } from "../program/job.ts";
import type { Machine } from "../program/machine.ts";
import { formatRefusal, formatReport } from "../program/remote_report.ts";
import {
  Environment,
  readControlFolder,
  readControlLine,
  usable,
} from "../system/configuration/environment.ts";
import { readTimeLimit } from "../system/configuration/queue.ts";
import { parseErrorFd } from "../policy/options.ts";
import { takesTextOf } from "../system/descriptors/error_text.ts";
import { checkChainOf } from "../system/process/chain.ts";
import { isForExec } from "../system/process/executable.ts";
import { failureNotes, failureOf } from "../system/process/failure.ts";
import { formatLog } from "../system/process/log.ts";
import { NotInReach } from "../system/slots/launcher_files.ts";
import type { Slot } from "../system/slots/slot.ts";
import { SlotSpool } from "../system/slots/spool.ts";
import { type Claim, takesEnvelope } from "./claim.ts";
import type { Reply } from "./reply.ts";

/** The programs by name, each with its choice of a pass. */
const CHOICES = {
  "dk-sign": chooseSigning,
  "dk-remote": chooseRemoteSigning,
  "dk-verify": chooseVerifying,
  "qmail-dk": chooseEither,
};

/** Tells whether there is a program of that name. */
export function isKnown(program: string): program is keyof typeof CHOICES {
  return Object.hasOwn(CHOICES, program);
}

/** A mail in work. */
export interface Work {
  slot: Slot;
  claim: Claim & { program: keyof typeof CHOICES };
  machine: Machine;
}

/** Does the work for one mail. A failure becomes the reply to that mail alone. */
export async function work(work: Work): Promise<Reply> {
  const { program, pid } = work.claim;
  try {
    const environment = new Environment(work.claim.variables);
    return await withinTime(
      readTimeLimit(environment),
      (signal) => queueOrRefuse(work, environment, signal),
    );
  } catch (error) {
    if (error instanceof NotInReach) return { action: "copy" };
    if (error instanceof NotHere) {
      work.slot.markCopy(error.programsBefore);
      return { action: "again" };
    }
    const failure = failureOf(error);
    if (program === "dk-remote") {
      return { action: "report", text: formatReport(program, failure.message) };
    }
    const log = formatLog(program, "failed", failureNotes(failure), pid);
    return { action: "refuse", code: failure.code, log };
  }
}

async function queueOrRefuse(
  { slot, claim, machine }: Work,
  environment: Environment,
  signal: AbortSignal,
): Promise<Reply> {
  const { pid, program, next, sender } = claim;
  const programsBefore = checkChainOf(slot.openMessage(pid, program));
  requireAbsolute(environment, programsBefore);
  if (!mayExecute(next, pid)) throw new NotHere(programsBefore);
  using spool = new SlotSpool(slot, programsBefore + 1, signal);
  const pass = await CHOICES[program](environment, machine);
  const job = new Job(spool, pass);
  await job.read(slot.readMessage(signal));
  const isVerified = environment.get("RELAYCLIENT") === undefined;
  const from = takesEnvelope(program) && isVerified
    ? Promise.resolve(await slot.readEnvelope(pid, parseSender, signal))
    : program === "dk-remote"
    ? Promise.resolve(sender)
    // A pass that asks for it all the same, as for a bare CR.
    : Promise.reject(new NotHere(programsBefore));
  // Who asks awaits it. Until then it must not count as an unhandled rejection.
  from.catch(() => {});
  const { action, notes, ...answer } = await job.end(from);
  if (answer.refusal !== undefined) {
    return program === "dk-remote"
      ? { action: "report", text: formatRefusal(program, answer.refusal) }
      : refuse(
        environment,
        pid,
        answer.refusal,
        formatLog(program, action, notes, pid),
      );
  }
  const log = program === "dk-remote"
    // For dk-remote fd 2 is part of the report.
    ? ""
    : formatLog(program, action, [...notes, ["next", next]], pid);
  return { action: "queue", log };
}

/** @throws {StepFailed} As {@linkcode readEnvelope} does. */
async function parseSender(octets: Uint8Array): Promise<string> {
  return senderOf(await readEnvelope(ReadableStream.from([octets])));
}

function refuse(
  environment: Environment,
  pid: number,
  { action, text }: Refusal,
  log: string,
): Reply {
  const fd = usable(() => parseErrorFd(environment.get("ERROR_FD")));
  const code = action === "reject" ? EXIT.rejected : EXIT.deferred;
  if (fd === undefined || !takesTextOf(pid, fd)) {
    return { action: "refuse", code, log };
  }
  const told = {
    fd,
    text,
    code: fd === 2 ? EXIT.textGivenOnFd2 : EXIT.textGiven,
  };
  return { action: "refuse", code, log, told };
}

/** What only the launcher's own process can find. */
class NotHere extends Error {
  readonly programsBefore: number;

  constructor(programsBefore: number) {
    super();
    this.programsBefore = programsBefore;
  }
}

/** Tells whether a launcher may execute the next program. */
function mayExecute(next: string, pid: number): boolean {
  if (/[^\x20-\x7e]/.test(next)) return false;
  return isForExec(next.startsWith("/") ? next : `/proc/${pid}/cwd/${next}`);
}

/** Paths that begin in the caller's folder, which is not ours. */
function requireAbsolute(
  environment: Environment,
  programsBefore: number,
): void {
  const paths = [
    readControlFolder(environment),
    environment.get("DKSIGN") ?? readControlLine(environment, "dksign") ?? "/",
    environment.get("DKIMSIGNEXTRA") ?? "/",
    environment.get("ARCSEAL") ?? "/",
  ];
  if (paths.some((path) => !path.startsWith("/"))) {
    throw new NotHere(programsBefore);
  }
}

/** @throws {StepFailed} 52 when the time is over; what is being done then ends soon. */
async function withinTime<T>(
  seconds: number,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const failure = new StepFailed(
      EXIT.timeLimit,
      `Not done after ${seconds} seconds`,
    );
    end.abort(failure);
    over.reject(failure);
  }, Math.min(1000 * seconds, MAX_TIMER_MS));
  try {
    return await Promise.race([run(end.signal), over.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** A timer of more is none. */
const MAX_TIMER_MS = 2 ** 31 - 1;
