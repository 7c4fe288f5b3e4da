// Formats the reply to a launcher: three lines, which any sh can read. Knows no message.

/** The action of the launcher. */
export type Reply =
  /** Go on to the next program, with the finished file. */
  | { action: "queue"; log: string }
  /** Exit with a code, or with the other one if the caller has taken the text. */
  | {
    action: "refuse";
    code: number;
    log: string;
    told?: { code: number; fd: number; text: string };
  }
  /** Print a report on fd 1, as qmail-remote(8) does, and exit with 0. */
  | { action: "report"; text: string }
  /** Do everything itself, from the beginning. */
  | { action: "again" };

/** The longest reply, which fits into an empty pipe. */
const MAX_LINE_CHARACTERS = 8192;

/**
 * Formats a reply: pid, action and numbers; a text; a line for the log.
 *
 * @param pid The process id of the launcher, so that it does not take the reply to a killed one for its own.
 */
export function formatReply(pid: number, reply: Reply): string {
  const [words, text, log] = linesOf(reply);
  const lines = [[pid, reply.action, ...words].join(" "), text, log];
  return lines.map((line) => `${line.slice(0, MAX_LINE_CHARACTERS)}\n`).join(
    "",
  );
}

function linesOf(reply: Reply): [words: number[], text: string, log: string] {
  switch (reply.action) {
    case "queue":
      return [[], "", reply.log];
    case "refuse": {
      const { code, told, log } = reply;
      return told === undefined
        ? [[code], "", log]
        : [[code, told.code, told.fd], told.text, log];
    }
    case "report":
      return [[], reply.text, ""];
    case "again":
      return [[], "", ""];
  }
}
