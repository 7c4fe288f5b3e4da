// Writes the one line that each message leaves on fd 2, for multilog. Text from a message is always
// escaped.

/** One `key=value` of a line. A Note about a message is one. */
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
    // Nobody reads the log: the mail goes on without it.
  }
}

/** Writes a value: printable ASCII as it is, in quotes if it has a space, anything else escaped. */
function quote(value: string): string {
  const escaped = escape(value, /[^\x20-\x7e]|[\\"]/g);
  return /^[^ ]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** Writes a text as printable ASCII. Escapes every other char, and those that `unwanted` matches. */
export function escape(value: string, unwanted = /[^\x20-\x7e]|\\/g): string {
  return value.replace(
    unwanted,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
