// Reads a claim, which a launcher writes into a slot: a line with its process id, then its program,
// arguments and variables, each with a NUL after it. The last part is a dot, so that half a claim is
// none.

import { toOctets, toText } from "../message/octets.ts";
import type { Variables } from "../system/configuration/environment.ts";

/** A claim has at most this many octets, about as many as an environment can have. */
export const MAX_CLAIM_OCTETS = 256 << 10;

/** The first octets of a claim, which hold its process id. */
export const OWNER_OCTETS = 11;

/** One message of one caller. */
export interface Claim {
  /** The launcher's process id, which is that of the next program later on. */
  pid: number;
  /** The program of ours whose work it is. */
  program: string;
  /** The version of that program. */
  version: string;
  /** The next program, for the log. */
  next: string;
  /** The envelope sender, for dk-remote. */
  sender: string;
  variables: Variables;
}

const END = ".";

/** Tells whether a program looks at the envelope: where a message is verified, the sender decides. */
export function takesEnvelope(program: string): boolean {
  return program === "dk-verify" || program === "qmail-dk";
}

/** @returns The process id in a claim, whole or not; `undefined` if there is none. */
export function parseOwner(octets: Uint8Array): number | undefined {
  const [, pid] =
    /^([1-9][0-9]{0,9})\n/.exec(toText(octets.subarray(0, OWNER_OCTETS))) ??
      [];
  return pid === undefined ? undefined : Number(pid);
}

/** @returns `undefined` if the claim is not whole. */
export function parseClaim(octets: Uint8Array): Claim | undefined {
  const pid = parseOwner(octets);
  if (pid === undefined || octets.length > MAX_CLAIM_OCTETS) return undefined;
  const text = toText(octets);
  const parts = text.slice(text.indexOf("\n") + 1).split("\0");
  const [program, version, next, sender, ...rest] = parts;
  if (rest.at(-2) !== END || rest.at(-1) !== "") return undefined;
  const values = new Map(rest.slice(0, -2).map(splitVariable));
  return {
    pid,
    program: program!,
    version: version!,
    next: next!,
    sender: sender!,
    variables: {
      get(name) {
        const value = values.get(name);
        return value === undefined ? undefined : decode(value);
      },
    },
  };
}

function splitVariable(text: string): [name: string, value: string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}

/** @throws {TypeError} For what is not UTF-8. */
function decode(value: string): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(toOctets(value));
}
