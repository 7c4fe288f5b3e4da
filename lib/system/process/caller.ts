// Reads DK_CALLER, in which a launcher hands over the caller's environment and soft limits: the shell
// drops some variables, and the launcher raises the limits for the runtime.

import type { Variables } from "../configuration/environment.ts";

/** The variable that a launcher sets. */
export const DK_CALLER = "DK_CALLER";

/**
 * The limits that a launcher or the runtime raises, in the order of DK_CALLER. Those that hurt first
 * when they are lowered stand first. `option` and `unit` are ulimit's: its letter, and the bytes or
 * pieces in one of its units.
 */
export const LIMITS = {
  "Max address space": { option: "v", unit: 1024 },
  "Max data size": { option: "d", unit: 1024 },
  "Max stack size": { option: "s", unit: 1024 },
  "Max open files": { option: "n", unit: 1 },
} as const;

/** The prefix of the name by which the launcher keeps a variable that it hides from the runtime. */
export const KEPT = "DK_KEPT_";

/** A limit by its name in /proc of Linux. */
export type LimitName = keyof typeof LIMITS;

/** In the same order. */
export const LIMIT_NAMES = Object.keys(LIMITS) as LimitName[];

/** The caller, as a launcher found it. */
export interface Caller {
  /** Soft limits, as ulimit prints them: a number of units, or `unlimited`. */
  limits: Map<LimitName, string>;
  /** The environment byte by byte, as in /proc; `undefined` without /proc. */
  block?: Uint8Array<ArrayBuffer>;
  /** Without a block: the variables that the launcher has set. Their old values have KEPT before the name. */
  replaced: string[];
}

/** @returns `undefined` if there is no launcher, or if its text makes no sense. */
export function readCaller(variables: Variables): Caller | undefined {
  try {
    const text = variables.get(DK_CALLER);
    return text === undefined
      ? undefined
      : parseCaller(text + readRest(variables));
  } catch (error) {
    // It is not UTF-8, or not base64: the mail goes on as without a launcher.
    if (error instanceof TypeError || error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

/** Joins the lines that exceed the size of one variable: they follow in variables with numbers. */
function readRest(variables: Variables): string {
  let rest = "";
  for (let at = LIMIT_NAMES.length + 2;; at++) {
    const line = variables.get(`${DK_CALLER}_${at}`);
    if (line === undefined) return rest;
    rest += line;
  }
}

/**
 * Reads four lines with limits, and a fifth with the environment in base64. After an empty fifth line
 * come the names of the variables that the launcher has set.
 *
 * @throws {SyntaxError} For what is no base64.
 */
export function parseCaller(text: string): Caller | undefined {
  const lines = text.split("\n");
  if (lines.length < LIMIT_NAMES.length) return undefined;
  const limits = new Map<LimitName, string>();
  for (const [at, name] of LIMIT_NAMES.entries()) {
    if (!/^(?:\d{1,15}|unlimited)$/.test(lines[at]!)) return undefined;
    limits.set(name, lines[at]!);
  }
  const [base64 = "", ...replaced] = lines.slice(LIMIT_NAMES.length);
  if (replaced.length > 0) return { limits, replaced };
  const block = Uint8Array.fromBase64(base64);
  if (block.length > 0 && block.at(-1) !== 0) return undefined;
  return { limits, block, replaced };
}

/** Splits a block into `NAME=value`, without our own variables. */
export function* listEntries(
  block: Uint8Array<ArrayBuffer>,
  ownVariables: string[],
): Generator<Uint8Array<ArrayBuffer>> {
  const names = [DK_CALLER, ...ownVariables];
  for (let at = 0; at < block.length;) {
    const end = block.indexOf(0, at) + 1;
    const entry = block.subarray(at, end);
    if (!names.some((name) => isOf(entry, name))) yield entry;
    at = end;
  }
}

function isOf(entry: Uint8Array, name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    if (entry[at] !== name.charCodeAt(at)) return false;
  }
  return entry[name.length] === EQUALS;
}

const EQUALS = 0x3d;
