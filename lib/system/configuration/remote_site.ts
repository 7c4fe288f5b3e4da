// What a site says to dk-remote: arguments as qmail-remote(8) gets them, and where the real
// qmail-remote is. Knows no signature.

import { readArguments } from "./command_line.ts";
import { readTemporaryFolder, takeVariable } from "./environment.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { refuseOurselves } from "../process/ourselves.ts";

/** Where the real one is when dk-remote has its name. */
export const RENAMED = "/var/qmail/bin/qmail-remote.orig";
export const QMAIL_REMOTE = "/var/qmail/bin/qmail-remote";

/** What is the same for every message of dk-remote. */
export interface RemoteSite {
  /** Where a large message is kept. */
  temporaryFolder: string;
  /** The real qmail-remote and its arguments. */
  next: string[];
  /** The envelope sender, empty for a bounce. */
  sender: string;
}

/** @throws {StepFailed} 55 for what can not be used, 120 when the next program is ourselves. */
export function readRemoteSite(): RemoteSite {
  const args = readArguments();
  const [, sender, recipient] = args;
  if (sender === undefined || recipient === undefined) {
    throw new StepFailed(
      EXIT.configuration,
      `Cannot work with ${args.length} arguments: give host, sender, recipients`,
    );
  }
  const remote = takeVariable("DKREMOTE") ?? findRemote();
  if (remote === "") {
    throw new StepFailed(EXIT.configuration, "DKREMOTE names no program");
  }
  refuseOurselves(remote, "dk-remote", "name qmail-remote in DKREMOTE");
  return {
    temporaryFolder: readTemporaryFolder(),
    next: [remote, ...args],
    sender,
  };
}

/** The real qmail-remote of a machine where nobody says which it is. */
export function findRemote(): string {
  try {
    Deno.statSync(RENAMED);
    return RENAMED;
  } catch (error) {
    // What can not be looked at may be there.
    return error instanceof Deno.errors.NotFound ? QMAIL_REMOTE : RENAMED;
  }
}
