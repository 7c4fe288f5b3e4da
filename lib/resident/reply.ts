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
  /** Keep a copy of the message, and of the envelope if it is needed, and ask once more. */
  | { action: "copy" }
  /** Do everything itself, from the beginning. */
  | { action: "again" };

/** The longest reply, which fits into an empty pipe. */
const MAX_LINE_CHARACTERS = 8192;

/**
 * Formats a reply: pid, action, descriptor and numbers; a text; a line for the log.
 *
 * @param pid The process id of the launcher, so that it does not take the reply to a killed one for its own.
 * @param messageFd The descriptor of this process that the message was read from, if it is not the launcher's
 * copy: the launcher sees whether it is its own message.
 */
export function formatReply(
  pid: number,
  reply: Reply,
  messageFd?: number,
): string {
  const [words, text, log] = linesOf(reply);
  const first = [pid, reply.action, messageFd ?? NO_FD, ...words].join(" ");
  const lines = [first, text, log];
  return lines.map((line) => `${line.slice(0, MAX_LINE_CHARACTERS)}\n`).join(
    "",
  );
}

const NO_FD = "-";

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
    case "copy":
    case "again":
      return [[], "", ""];
  }
}
