// The descriptors of a launcher of ours, a shell: where it has what its caller gave it, looked at from
// another process of the same user. Needs /proc.

import { readDescriptorInfo } from "./descriptor_info.ts";
import { O_CLOEXEC } from "./open_flags.ts";

/** A file that a launcher has open for the next program. */
export interface Input {
  /** The name of its descriptor, as another process opens it. */
  path: string;
  /** The offset in octets that the next program would read from. */
  offset: number;
  info: Deno.FileInfo;
}

/**
 * Finds the file that a launcher has as its fd 0. A shell that reads something else for a while keeps it
 * above what scripts can name, before anything else that it moves out of the way; only the launcher knows
 * whether it is the right one.
 *
 * @param program The name of the launcher, which it has open too.
 * @returns `undefined` where there is none, or no /proc.
 */
export function findMessage(pid: number, program: string): Input | undefined {
  for (const fd of listDescriptors(pid)) {
    const input = isForOthers(pathOf(pid, fd), program)
      ? undefined
      : findInput(pid, fd);
    if (input !== undefined) return input;
  }
  return undefined;
}

function listDescriptors(pid: number): number[] {
  try {
    return [...Deno.readDirSync(`/proc/${pid}/fd`)]
      .map(({ name }) => Number(name))
      .filter((fd) => fd === 0 || fd > 9)
      .sort((one, other) => one - other);
  } catch {
    // It is gone or another user's by now, or there is no /proc.
    return [];
  }
}

/** Pipes and devices have no file, and a script may have been replaced, and be without a name. */
function isForOthers(path: string, program: string): boolean {
  try {
    const target = Deno.readLinkSync(path).replace(/ \(deleted\)$/, "");
    return !target.startsWith("/") || target.startsWith("/dev/") ||
      target.endsWith(`/${program}`);
  } catch {
    // It is closed by now.
    return true;
  }
}

function pathOf(pid: number, fd: number): string {
  return `/proc/${pid}/fd/${fd}`;
}

/**
 * Looks at a descriptor of a launcher.
 *
 * @returns `undefined` for no regular file, and for one that is the caller's own: it stays open when the
 * launcher becomes another program, and fd 0 and fd 1 alone are meant for that one.
 */
export function findInput(pid: number, fd: number): Input | undefined {
  try {
    const { flags, offset } = readDescriptorInfo(pid, fd);
    if (fd > 1 && (flags & O_CLOEXEC) === 0) return undefined;
    const path = pathOf(pid, fd);
    const info = Deno.statSync(path);
    return info.isFile ? { path, offset, info } : undefined;
  } catch {
    // It is closed by now.
    return undefined;
  }
}
