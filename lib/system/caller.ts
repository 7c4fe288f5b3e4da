// What a launcher hands over in DK_CALLER: the environment and the soft limits that the caller
// gave, before a shell dropped part of the one and the runtime's needs changed the other.

const UNIT_BYTES = 1024;

/** Variables for us, which are not handed on. */
export const OUR_VARIABLES = ["DK_CALLER", "DKQUEUE", "DKREMOTE"] as const;

/** The limits that a launcher or the runtime raises. */
export const RAISED_LIMITS = [
  { name: "Max address space", unit: UNIT_BYTES },
  { name: "Max data size", unit: UNIT_BYTES },
  { name: "Max stack size", unit: UNIT_BYTES },
  { name: "Max open files", unit: 1 },
] as const;

/** A limit, by the name that Linux gives it in /proc. */
export type LimitName = typeof RAISED_LIMITS[number]["name"];

/** The caller, as a launcher found it. */
export interface Caller {
  /** Soft limits, as ulimit prints them: a number of units, or `unlimited`. */
  limits: Map<LimitName, string>;
  /** The environment as /proc has it, to the byte; not there where there is no /proc. */
  block?: Uint8Array<ArrayBuffer>;
  /** Without a block: what the launcher has set, and what it was before. */
  replaced: Map<string, string | undefined>;
}

/** @returns `undefined` when there is no launcher, or what it handed over makes no sense. */
export function readCaller(): Caller | undefined {
  try {
    return parseCaller(Deno.env.get("DK_CALLER") ?? "");
  } catch (error) {
    // It is not UTF-8, or not base64: the mail goes on as without a launcher.
    if (error instanceof TypeError || error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Reads four lines with limits, and a fifth with the environment in base64. Where it is empty and
 * more follow, these are `NAME` and `NAME=value` of what the launcher has replaced.
 *
 * @throws {SyntaxError} For what is no base64.
 */
export function parseCaller(text: string): Caller | undefined {
  const lines = text.split("\n");
  if (lines.length < RAISED_LIMITS.length) return undefined;
  const limits = new Map<LimitName, string>();
  for (const [at, { name }] of RAISED_LIMITS.entries()) {
    if (!/^(?:\d{1,15}|unlimited)$/.test(lines[at]!)) return undefined;
    limits.set(name, lines[at]!);
  }
  const [base64 = "", ...replaced] = lines.slice(RAISED_LIMITS.length);
  if (replaced.length > 0) {
    return { limits, replaced: new Map(replaced.map(parseReplaced)) };
  }
  const block = Uint8Array.fromBase64(base64);
  if (block.length > 0 && block.at(-1) !== 0) return undefined;
  return { limits, block, replaced: new Map() };
}

function parseReplaced(line: string): [string, string | undefined] {
  const [, name = line, value] = /^([^=]*)=(.*)$/.exec(line) ?? [];
  return [name, value];
}

/** Splits a block into `NAME=value`, without our own variables. */
export function* listEntries(
  block: Uint8Array<ArrayBuffer>,
): Generator<Uint8Array<ArrayBuffer>> {
  for (let at = 0; at < block.length;) {
    const end = block.indexOf(0, at) + 1;
    const entry = block.subarray(at, end);
    if (!OUR_ENTRIES.some((prefix) => startsWith(entry, prefix))) yield entry;
    at = end;
  }
}

const OUR_ENTRIES = OUR_VARIABLES.map((name) =>
  new TextEncoder().encode(`${name}=`)
);

function startsWith(entry: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, at) => entry[at] === byte);
}
