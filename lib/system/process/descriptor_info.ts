// What Linux says of an open descriptor, by a file of /proc.

import { readHead } from "./executable.ts";

const MOST_BYTES = 256;

/** A descriptor that is open in this process or in another one of the same user. */
export interface DescriptorInfo {
  /** Those of open(2), by number. */
  flags: number;
  /** In octets. */
  offset: number;
}

/** @throws {Error} Where there is no such descriptor, process, or /proc. */
export function readDescriptorInfo(
  process: number | "self",
  fd: number,
): DescriptorInfo {
  const text = readHead(`/proc/${process}/fdinfo/${fd}`, MOST_BYTES);
  const [, offset] = /^pos:\s+(\d+)$/m.exec(text) ?? [];
  const [, flags] = /^flags:\s+([0-7]+)$/m.exec(text) ?? [];
  if (offset === undefined || flags === undefined) {
    throw new Error(`Cannot understand "${text}"`);
  }
  return { flags: parseInt(flags, 8), offset: Number(offset) };
}
