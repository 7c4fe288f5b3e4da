// How the next program gets its descriptors: by exec, it takes our place; by child process, it is
// started and waited for. The first is what a server has; the second is for a runtime that may not
// call the C library.

import type { Environment } from "../configuration/environment.ts";

/** The program to go on with. */
export interface Next {
  /** Its name and its arguments; a name without a slash is looked for in PATH. */
  command: string[];
  environment: Environment;
  /** Variables that it does not find. */
  ownVariables: string[];
  /** How many programs of ours have had the message before this one. */
  programsBefore: number;
}

/** Keeps a message until it is known what goes on top of it. */
export interface MessageSpool<File> {
  append(chunk: Uint8Array): Promise<void>;
  seal(newFields: Uint8Array, fromStart?: boolean): Promise<File>;
}

/** What a relay asks of a handover; `File` names a finished file. */
export interface Handover<File> {
  /** Reads a descriptor of the caller's to its end. */
  readFd(fd: number): AsyncIterable<Uint8Array>;
  createSpool(folder: string): MessageSpool<File>;
  finishFile(bytes: Uint8Array, folder: string): Promise<File>;
  /** Makes ready, and returns what hands the message over, and the envelope where there is one. */
  prepare(
    next: Next,
  ): (message: File, envelope?: File) => Promise<never> | never;
}
