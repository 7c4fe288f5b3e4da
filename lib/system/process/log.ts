// The one line that each message leaves on fd 2, for multilog. Nothing that came with a message
// gets onto it unescaped.

/** What a line says: of a message a Note, which is one of these. */
type Fact = readonly [key: string, value: string | number];

/**
 * Formats `program: action key=value key="quoted value"`.
 *
 * @param pid At the end as qp: after an exec the process id is the next program's, and what
 * qmail-smtpd tells the client.
 * @returns The line without its LF.
 */
export function formatLog(
  program: string,
  action: string,
  notes: readonly Fact[],
  pid: number = Deno.pid,
): string {
  const all: Fact[] = [...notes, ["qp", pid]];
  const words = all.map(([key, value]) => `${key}=${quote(String(value))}`);
  return [`${program}: ${action}`, ...words].join(" ");
}

/** Writes a line on fd 2. */
export function writeLog(line: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
  } catch {
    // Nobody reads it: the mail goes on without.
  }
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
