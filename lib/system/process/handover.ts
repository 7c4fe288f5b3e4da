// How the next program gets its descriptors: we become it, or it is our child. The first is what a
// server has; the second is for a runtime that may not call the C library.

import { readFd } from "../descriptors/fds.ts";
import { becomeNext } from "./exec.ts";
import { finishedFile, Spool } from "../descriptors/spool.ts";

/** The parts of a relay that differ; `File` names a finished file. */
export interface Way<File> {
  /** Reads a descriptor of the caller's to its end. */
  readFd(fd: number): AsyncIterable<Uint8Array>;
  createSpool(folder: string): {
    append(chunk: Uint8Array): Promise<void>;
    seal(newFields: Uint8Array, fromStart?: boolean): Promise<File>;
  };
  finishFile(bytes: Uint8Array, folder: string): Promise<File>;
  /** Makes ready, and returns what hands the message over, and the envelope where there is one. */
  prepare(
    next: string[],
  ): (message: File, envelope?: File) => Promise<never> | never;
}

/** We become the next program. */
export const byExec: Way<number> = {
  readFd,
  createSpool: (folder) => new Spool(folder),
  finishFile: finishedFile,
  prepare: becomeNext,
};
