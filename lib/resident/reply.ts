// What a launcher is answered: three lines, for any sh to read. Knows no message.

/** What a launcher is to do. */
export type Reply =
  /** Go on to the next program, with the finished file. */
  | { action: "queue"; log: string }
  /** End with a code, or with the other one when the caller has taken the text. */
  | {
    action: "refuse";
    code: number;
    log: string;
    told?: { code: number; fd: number; text: string };
  }
  /** Print a report on fd 1, as qmail-remote(8) does, and end with 0. */
  | { action: "report"; text: string }
  /** Do all by itself, from the beginning. */
  | { action: "again" };

/** The lines of a reply have room in a pipe that is empty. */
const MAX_LINE_CHARACTERS = 8192;

/**
 * Formats a reply: pid, action and numbers; a text; a line for the log.
 *
 * @param pid Whom it is for: somebody else's, who was killed, is not taken for one's own.
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
