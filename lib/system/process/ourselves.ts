// A next program that is this one: named so by nobody, or by mistake. It is said at once; whatever
// else leads back to us, chain.ts finds out.

import type { Environment } from "../configuration/environment.ts";
import { findExecutable, readHead } from "./executable.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";

/** A launcher is shorter. */
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

/** The file that is this program: a bundle, or a binary. */
function ourFile(): string {
  return Deno.build.standalone
    ? Deno.execPath()
    : decodeURI(new URL(Deno.mainModule).pathname);
}

/** The version of our programs: the name of the folder that theirs is in. */
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
    // It may be executable and not readable; a script could not run then.
    return "";
  }
}
