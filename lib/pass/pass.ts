// The interface of a pass, which reads a message once and decides what becomes of it.

import type { NoteName } from "./note_names.ts";

/** A fact for the log line: `key=value`. */
export type Note = readonly [key: NoteName, value: string | number];

/** A refusal, and the text for the SMTP client. */
export interface Refusal {
  action: "reject" | "defer";
  text: string;
}

/** The result of a pass at the end of a message. */
export interface Outcome {
  /** The header fields to put on top, each with its LF: an octet string. */
  newFields: string;
  /** Octets of the message that were held back so far. */
  remainder?: Uint8Array;
  /** The action, in the words of the log. */
  action: string;
  notes: Note[];
  refusal?: Refusal;
  /** The number of bare CRs, where there are any. */
  bareCrs?: number;
}

/** Reads a message once, and decides what becomes of it. */
export interface Pass {
  /** Takes the next octets, and gives those that go on. A pass without it lets all octets go on. */
  filter?(chunk: Uint8Array): Uint8Array;
  /** Takes the next octets of the message; the chunk is only read during the call. */
  push(chunk: Uint8Array): void;
  /**
   * Takes the end of the message; to be called once.
   *
   * @param sender The sender of the envelope, empty for a bounce. The envelope comes after the message.
   */
  end(sender: Promise<string>): Promise<Outcome>;
}
