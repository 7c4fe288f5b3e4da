// The interface of a handover, which starts the next program: by exec it takes our place, by child
// process it is started and waited for. The second is for a runtime that may not call the C library.

import type { Environment } from "../configuration/environment.ts";

/** The next program. */
export interface Next {
  /** Its name and its arguments. A name without a slash is searched in PATH. */
  command: string[];
  environment: Environment;
  /** The variables that are removed for it. */
  ownVariables: string[];
  /** How many programs of ours have had the message before this one. */
  programsBefore: number;
}

/** Keeps a message until its new fields are known. */
export interface MessageSpool<File> {
  append(chunk: Uint8Array): Promise<void>;
  seal(newFields: Uint8Array, fromStart?: boolean): Promise<File>;
}

/** Starts the next program. `File` stands for a finished file. */
export interface Handover<File> {
  /** Reads a descriptor of the caller's to its end. */
  readFd(fd: number): AsyncIterable<Uint8Array>;
  createSpool(folder: string): MessageSpool<File>;
  finishFile(bytes: Uint8Array, folder: string): Promise<File>;
  /** Prepares, and returns the function that hands over the message and the envelope, if there is one. */
  prepare(
    next: Next,
  ): (message: File, envelope?: File) => Promise<never> | never;
}
