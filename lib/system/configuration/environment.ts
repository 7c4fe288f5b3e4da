// What a site says to a program: environment variables, and files of one line in CONTROLDIR.
// Knows what none of them does to a message; variables.ts lists them.

import { authservIdOf } from "../../authres/authentication_results.ts";
import type { InboundOptions } from "../../pass/inbound_pass.ts";
import { parseLetters } from "../../policy/letters.ts";
import {
  parseAlign,
  parseDkimOptions,
  parseDomainKeysOptions,
  parseErrorFd,
  parsePattern,
  parseSchemes,
  parseSeconds,
  type SignOptions,
} from "../../policy/options.ts";
import { taken } from "../process/caller.ts";
import { DAY_SECONDS } from "../process/clock.ts";
import { EXIT, messageOf, StepFailed } from "../../qmail/exit_code.ts";
import { readRegularFile } from "./regular_file.ts";
import type { ControlName, VariableName } from "./variables.ts";

/** Where the control files are, if CONTROLDIR is not set. */
export const CONTROL_FOLDER = "/var/qmail/control";
/** The program to go on with, if nothing else is said. */
export const QMAIL_QUEUE = "/var/qmail/bin/qmail-queue";

/** Where qmail-dk finds the keys of a relay client, if nothing else is said. */
export const DEFAULT_PATTERN = "/etc/domainkeys/%/default";

/** What is the same for every message of a program. */
export interface Site {
  /** Where a large message is kept. */
  temporaryFolder: string;
  /** The program to go on with, and its arguments. */
  next: string[];
  /** A descriptor that takes a text for the SMTP client. */
  errorFd: number | undefined;
}

/**
 * @param args The program's own arguments: the next program, when there are any.
 * @throws {StepFailed} 55 for a variable that can not be used.
 */
export function readSite(args: string[]): Site {
  const queue = takeVariable("DKQUEUE")?.split(" ").filter((word) =>
    word !== ""
  );
  const next = args.length > 0 ? args : queue ?? [QMAIL_QUEUE];
  if (next.length === 0) {
    throw new StepFailed(EXIT.configuration, "DKQUEUE names no program");
  }
  return {
    temporaryFolder: readTemporaryFolder(),
    next,
    errorFd: usable(() => parseErrorFd(readVariable("ERROR_FD"))),
  };
}

/** @throws {StepFailed} 55 for a variable that cannot be used. */
export function readTemporaryFolder(): string {
  return readVariable("TMPDIR") || "/tmp";
}

/**
 * @returns Seconds.
 * @throws {StepFailed} 55 for a variable that cannot be used.
 */
export function readTimeLimit(): number {
  const death = readVariable("DEATH");
  return death === undefined
    ? DAY_SECONDS
    : usable(() => parseSeconds("DEATH", death));
}

/**
 * Reads what signatures are to be like.
 *
 * @param pattern Where the keys are.
 * @throws {StepFailed} 55 for a variable that can not be used.
 */
export function readSignOptions(pattern: string): SignOptions {
  return usable(() => {
    const extraPattern = readVariable("DKIMSIGNEXTRA");
    return {
      pattern: parsePattern("DKSIGN", pattern),
      schemes: parseSchemes(readVariable("DKSIGNWITH")),
      align: parseAlign(readVariable("DKIMALIGN")),
      dkim: parseDkimOptions(
        readVariable("DKIMSIGNOPTIONS"),
        readVariable("DKIMSIGNHEADERS"),
        readVariable("DKIMOVERSIGN"),
      ),
      domainKeys: parseDomainKeysOptions(readVariable("DKSIGNOPTIONS")),
      ...(extraPattern === undefined
        ? {}
        : { extraPattern: parsePattern("DKIMSIGNEXTRA", extraPattern) }),
      ...(readVariable("DKSIGNFORWARDS") === undefined
        ? { authservId: readAuthservId }
        : {}),
    };
  });
}

/**
 * Reads what a site wants of mail that comes in.
 *
 * @param dkVerify The letters.
 * @throws {StepFailed} 55 for a control file that can not be read, or a name that cannot be written.
 */
export function readInboundOptions(dkVerify: string): InboundOptions {
  return {
    authservId: checkAuthservId(readAuthservId()),
    letters: parseLetters(dkVerify),
    isLocal: readVariable("TCPREMOTEIP") === undefined,
  };
}

/** The name of this host in Authentication-Results. */
function readAuthservId(): string {
  return readControlLine("authservid") || readControlLine("me") ||
    Deno.hostname();
}

function checkAuthservId(name: string): string {
  const authservId = authservIdOf(name);
  if (authservId !== undefined) return authservId;
  throw new StepFailed(
    EXIT.configuration,
    `Cannot write "${name}" into Authentication-Results: put printable ASCII into control/authservid, at most 253 characters`,
  );
}

/**
 * @returns `undefined` for a variable that is not set; one that is empty is set.
 * @throws {StepFailed} 55 for one that is not UTF-8.
 */
export function readVariable(name: VariableName): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    throw new StepFailed(
      EXIT.configuration,
      `Cannot read ${name}: ${messageOf(error)}`,
    );
  }
}

/**
 * Reads a variable that is for us alone: the next program does not find it.
 *
 * @throws {StepFailed} 55 for one that is not UTF-8.
 */
export function takeVariable(name: VariableName): string | undefined {
  taken.add(name);
  return readVariable(name);
}

/**
 * Reads the first line of a control file, without the white space at its end.
 *
 * @returns `undefined` when there is no such file.
 * @throws {StepFailed} 55 for a file that can not be read.
 */
export function readControlLine(name: ControlName): string | undefined {
  const path = `${readVariable("CONTROLDIR") ?? CONTROL_FOLDER}/${name}`;
  try {
    return readRegularFile(path).text.split("\n", 1)[0]!.trimEnd();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new StepFailed(
      EXIT.configuration,
      `Cannot read "${path}": ${messageOf(error)}`,
    );
  }
}

function usable<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new StepFailed(EXIT.configuration, error.message);
    }
    throw error;
  }
}
