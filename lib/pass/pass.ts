// What a pass is: it reads a message once, and says what is to become of it.

import type { NoteName } from "./note_names.ts";

/** A fact for the log line: `key=value`. */
export type Note = readonly [key: NoteName, value: string | number];

/** What a pass says of a message when it has ended. */
export interface Outcome {
  /** The header fields to put on top, each with its LF: an octet string. */
  newFields: string;
  /** Octets of the message that were held back so far. */
  remainder?: Uint8Array;
  /** What was done, in the log's words. */
  action: string;
  notes: Note[];
  /** The message is not to be queued, and what the SMTP client is told. */
  refusal?: { action: "reject" | "defer"; text: string };
}

/** Reads a message once, and says what is to become of it. */
export interface Pass {
  /** What goes on of the next octets; without it, all of them do. */
  filter?(chunk: Uint8Array): Uint8Array;
  /** Takes the next octets of the message; the chunk is only read during the call. */
  push(chunk: Uint8Array): void;
  /**
   * Takes the end of the message; to be called once.
   *
   * @param sender The envelope's, empty for a bounce; it comes after the message.
   */
  end(sender: Promise<string>): Promise<Outcome>;
}
