// Handover by exec: the next program takes the place of this one, with our finished files as its
// descriptors.

import { readFd } from "../descriptors/fds.ts";
import { finishedFile, Spool } from "../descriptors/spool.ts";
import { prepareExec } from "./exec.ts";
import type { Handover } from "./handover.ts";
import type { Libc } from "./libc.ts";
import type { Signals } from "./signals.ts";

/**
 * The next program takes our place.
 *
 * @param ignoredSignals Those that were ignored at the start.
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
