// A client of QMQP without a queue: Postfix's qmqp-source, one server after the other, as qmail-qmqpc
// does it. Knows no hub.

import { runToEnd } from "../support/ended.ts";
import type { Attempt } from "./attempt.ts";
import { RECIPIENT } from "./mail_host.ts";
import { ignoreUnless, pathOf } from "./requirements.ts";

export const NEEDS_SOURCE = ignoreUnless("qmqp-source", "timeout");

/** Octets of each message that it makes. */
export const SOURCE_BYTES = 1024;

/** What is said of a server that nothing was sent to. */
const UNREACHED = /^connect: /;

/**
 * Sends a mail to the first server that can be reached. As with qmail-qmqpc, what that one says, or
 * does not say, is the end of it.
 *
 * @param words What starts a command on its host.
 * @param limitSeconds How long a server may take.
 */
export async function sendByQmqp(
  words: string[],
  servers: string[],
  sender: string,
  limitSeconds: number,
): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  for (const server of servers) {
    const attempt = await sendTo(words, server, sender, limitSeconds);
    attempts.push(attempt);
    if (attempt.outcome !== "unreached") break;
  }
  return attempts;
}

async function sendTo(
  words: string[],
  server: string,
  sender: string,
  limitSeconds: number,
): Promise<Attempt> {
  const { code, stderr } = await runToEnd([
    ...[...words, pathOf("timeout"), `${limitSeconds}`],
    ...[pathOf("qmqp-source"), "-l", `${SOURCE_BYTES}`],
    ...["-f", sender, "-t", RECIPIENT, server],
  ]);
  const [, said = `${code} ${stderr}`] =
    /^qmqp-source: fatal: (.*)$/m.exec(stderr) ?? [];
  const outcome = code === 0
    ? "accepted"
    : UNREACHED.test(said)
    ? "unreached"
    : "unclear";
  return { sender, server, outcome, said };
}
