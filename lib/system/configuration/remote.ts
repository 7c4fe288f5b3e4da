// The configuration of dk-remote: its arguments, which are those of qmail-remote(8), and the place of the
// real qmail-remote. Knows no signature.

import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { DK_WAITS } from "../process/launcher.ts";
import { refuseOurselves } from "../process/ourselves.ts";
import { type Environment, readTemporaryFolder } from "./environment.ts";

/** The place of the real qmail-remote if dk-remote has taken its name. */
export const RENAMED = "/var/qmail/bin/qmail-remote.orig";
export const QMAIL_REMOTE = "/var/qmail/bin/qmail-remote";

/** The configuration of dk-remote. */
export interface RemoteConfiguration {
  /** Where a large message is kept. */
  temporaryFolder: string;
  /** The real qmail-remote and its arguments. */
  next: string[];
  /** The variables that the next program does not find. */
  ownVariables: string[];
  /** The envelope sender, empty for a bounce. */
  sender: string;
}

/**
 * @param args Host, sender, recipients.
 * @throws {StepFailed} 55 for what cannot be used, 120 when the next program is ourselves.
 */
export function readRemoteConfiguration(
  environment: Environment,
  args: string[],
): RemoteConfiguration {
  const [, sender, recipient] = args;
  if (sender === undefined || recipient === undefined) {
    throw new StepFailed(
      EXIT.configuration,
      `Cannot work with ${args.length} arguments: give host, sender, recipients`,
    );
  }
  const remote = environment.get("DKREMOTE") ?? findRemote();
  if (remote === "") {
    throw new StepFailed(EXIT.configuration, "DKREMOTE names no program");
  }
  refuseOurselves(
    remote,
    environment,
    "dk-remote",
    "name qmail-remote in DKREMOTE",
  );
  return {
    temporaryFolder: readTemporaryFolder(environment),
    next: [remote, ...args],
    ownVariables: ["DKREMOTE", DK_WAITS],
    sender,
  };
}

/** Finds the real qmail-remote if no variable names it. */
export function findRemote(): string {
  try {
    Deno.statSync(RENAMED);
    return RENAMED;
  } catch (error) {
    // A file that we may not look at may exist.
    return error instanceof Deno.errors.NotFound ? QMAIL_REMOTE : RENAMED;
  }
}
