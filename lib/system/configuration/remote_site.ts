// What a site says to dk-remote: arguments as qmail-remote(8) gets them, and where the real
// qmail-remote is. Knows no signature.

import { toText } from "../../message/octets.ts";
import { type Limits, readLimits, takeVariable } from "./environment.ts";
import { findExecutable, readHead } from "../process/exec.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { toEscaped } from "../process/libc.ts";

/** Where the real one is when dk-remote has its name. */
export const RENAMED = "/var/qmail/bin/qmail-remote.orig";
export const QMAIL_REMOTE = "/var/qmail/bin/qmail-remote";

/** A launcher is shorter. */
const LAUNCHER_BYTES = 4096;

/** What is the same for every message of dk-remote. */
export interface RemoteSite extends Limits {
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
  if (isOurselves(remote)) {
    throw new StepFailed(
      EXIT.exec,
      `Cannot go on with "${remote}", which is dk-remote: name qmail-remote in DKREMOTE`,
    );
  }
  return { ...readLimits(), next: [remote, ...args], sender };
}

/** Our arguments to the byte: the runtime puts U+FFFD in place of what is not UTF-8. */
function readArguments(): string[] {
  if (!Deno.args.some((arg) => arg.includes("\ufffd"))) return Deno.args;
  try {
    const words = toText(Deno.readFileSync("/proc/self/cmdline")).split("\0");
    return words.slice(0, -1).slice(-Deno.args.length).map(toEscaped);
  } catch (error) {
    // Without --allow-all, which is to be without FFI too, or without /proc.
    throw new StepFailed(
      EXIT.configuration,
      `Cannot read an argument that is not UTF-8: ${error}`,
    );
  }
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

/** We would become ourselves again and again: what is there is dk-remote, or its launcher. */
function isOurselves(remote: string): boolean {
  const path = findExecutable(remote);
  if (path === undefined) return false;
  const program = Deno.build.standalone
    ? Deno.execPath()
    : decodeURI(new URL(Deno.mainModule).pathname);
  const head = readHeadIfAllowed(path);
  return Deno.realPathSync(path) === program ||
    head.startsWith("#!") && head.includes(program);
}

function readHeadIfAllowed(path: string): string {
  try {
    return readHead(path, LAUNCHER_BYTES);
  } catch {
    // It may be executable and not readable; a script could not run then.
    return "";
  }
}
