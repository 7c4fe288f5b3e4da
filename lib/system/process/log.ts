// The one line that each message leaves on fd 2, for multilog. Nothing that came with a message
// gets onto it unescaped.

import type { Note } from "../../pass/pass.ts";

/**
 * Writes the line, at the end the process id: after an exec it is the next program's, and what
 * qmail-smtpd tells the client as qp.
 */
export function writeLog(program: string, action: string, notes: Note[]): void {
  const line = formatLog(program, action, [...notes, ["qp", Deno.pid]]);
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(line));
  } catch {
    // Nobody reads it: the mail goes on without.
  }
}

/** `program: action key=value key="quoted value"`, with its line end. */
export function formatLog(
  program: string,
  action: string,
  notes: Note[],
): string {
  const words = notes.map(([key, value]) => `${key}=${quote(String(value))}`);
  return [`${program}: ${action}`, ...words].join(" ") + "\n";
}

/** Printable ASCII stays, in quotes where there is a space; anything else is escaped. */
function quote(value: string): string {
  const escaped = escape(value, /[^\x20-\x7e]|[\\"]/g);
  return /^[^ ]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** One line of printable ASCII; a char that is none, or that `unwanted` names, is escaped. */
export function escape(value: string, unwanted = /[^\x20-\x7e]|\\/g): string {
  return value.replace(
    unwanted,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
