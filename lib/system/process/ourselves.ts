// Refuses a next program that is this one, by default or by mistake. Every other way that leads back to
// us is found by chain.ts.

import type { Environment } from "../configuration/environment.ts";
import { findExecutable, readHead } from "./executable.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";

/** A longer file is no launcher. */
const LAUNCHER_BYTES = 16384;

/**
 * @param next The path of the next program.
 * @param program Our name.
 * @param remedy What a person can do.
 * @throws {StepFailed} 120 when it is ourselves, or our launcher.
 */
export function refuseOurselves(
  next: string,
  environment: Environment,
  program: string,
  remedy: string,
): void {
  if (!isOurselves(next, environment)) return;
  throw new StepFailed(
    EXIT.exec,
    `Cannot go on with "${next}", which is ${program}: ${remedy}`,
  );
}

/** Finds the file of this program: a bundle, or a binary. */
function ourFile(): string {
  return Deno.build.standalone
    ? Deno.execPath()
    : decodeURI(new URL(Deno.mainModule).pathname);
}

/** The version of our programs, which is the name of their folder. */
export function ourVersion(): string {
  return ourFile().split("/").at(-3)!;
}

function isOurselves(next: string, environment: Environment): boolean {
  const path = findExecutable(next, environment);
  if (path === undefined) return false;
  const program = ourFile();
  const head = readHeadIfAllowed(path);
  return Deno.realPathSync(path) === program ||
    head.startsWith("#!") && head.includes(program);
}

function readHeadIfAllowed(path: string): string {
  try {
    return readHead(path, LAUNCHER_BYTES);
  } catch {
    // An unreadable file is no launcher: a script must be readable to run.
    return "";
  }
}
