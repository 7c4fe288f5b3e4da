// Handover by exec: the next program takes the place of this one, with our finished files as its
// descriptors.

import { readFd } from "../descriptors/fds.ts";
import { finishedFile, Spool } from "../descriptors/spool.ts";
import { prepareExec } from "./exec.ts";
import type { Handover } from "./handover.ts";
import type { Libc } from "./libc.ts";
import type { Signals } from "./signals.ts";

/**
 * Makes a handover in which the next program takes our place.
 *
 * @param ignoredSignals The signals that were ignored at our start.
 */
export function byExec(
  libc: Libc,
  ignoredSignals: Signals | undefined,
): Handover<number> {
  return {
    readFd: (fd) => readFd(libc, fd),
    createSpool: (folder) => new Spool(libc, folder),
    finishFile: (bytes, folder) => finishedFile(libc, bytes, folder),
    prepare: (next) => prepareExec(libc, ignoredSignals, next),
  };
}
