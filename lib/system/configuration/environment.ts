// Reads the variables for one message, and the control files: one line each, in the folder of
// CONTROLDIR. Knows no meaning of them; variables.ts has that.

import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { messageOf } from "../process/error_message.ts";
import { readRegularFile } from "./regular_file.ts";
import type { ControlName, VariableName } from "./variables.ts";

/** Where the control files are, if CONTROLDIR is not set. */
export const CONTROL_FOLDER = "/var/qmail/control";

/** The source of variables: this process (`Deno.env`), or the launcher of a message. */
export interface Variables {
  /** @throws {TypeError} For one that is not UTF-8. */
  get(name: string): string | undefined;
}

/** The environment of one message. A process can have several at once. */
export class Environment {
  /** The variables as they came, with those that a launcher hands over. */
  readonly variables: Variables;

  constructor(variables: Variables) {
    this.variables = variables;
  }

  /**
   * Reads a variable.
   *
   * @returns `undefined` for a variable that is not set; one that is empty is set.
   * @throws {StepFailed} 55 for one that is not UTF-8.
   */
  get(name: VariableName): string | undefined {
    try {
      return this.variables.get(name);
    } catch (error) {
      throw new StepFailed(
        EXIT.configuration,
        `Cannot read ${name}: ${messageOf(error)}`,
      );
    }
  }
}

/** The same with other values for some variables; `undefined` for one that is not set. */
export function withValues(
  { variables }: Environment,
  values: ReadonlyMap<string, string | undefined>,
): Environment {
  return new Environment({
    get: (name) => values.has(name) ? values.get(name) : variables.get(name),
  });
}

/** The folder of the control files. */
export function readControlFolder(environment: Environment): string {
  return environment.get("CONTROLDIR") ?? CONTROL_FOLDER;
}

/** The path of a control file. */
export function controlPath(
  environment: Environment,
  name: ControlName,
): string {
  return `${readControlFolder(environment)}/${name}`;
}

/**
 * Reads the first line of a control file, without the white space at its end.
 *
 * @returns `undefined` when there is no such file.
 * @throws {StepFailed} 55 for a file that cannot be read.
 */
export function readControlLine(
  environment: Environment,
  name: ControlName,
): string | undefined {
  return readControlFile(environment, name)?.replace(/\n[^]*/, "").trimEnd();
}

/**
 * Reads the lines of a control file, without comments and white space at their ends.
 *
 * @returns None when there is no such file.
 * @throws {StepFailed} 55 for a file that cannot be read.
 */
export function readControlLines(
  environment: Environment,
  name: ControlName,
): string[] {
  const text = readControlFile(environment, name) ?? "";
  return text.split("\n").map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
}

function readControlFile(
  environment: Environment,
  name: ControlName,
): string | undefined {
  const path = controlPath(environment, name);
  try {
    return readRegularFile(path).text;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new StepFailed(
      EXIT.configuration,
      `Cannot read "${path}": ${messageOf(error)}`,
    );
  }
}

/** Where a large message is kept. */
export function readTemporaryFolder(environment: Environment): string {
  return environment.get("TMPDIR") || "/tmp";
}

/**
 * Reads a value that a site has written.
 *
 * @throws {StepFailed} 55 for what cannot be used.
 */
export function usable<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new StepFailed(EXIT.configuration, error.message);
    }
    throw error;
  }
}
