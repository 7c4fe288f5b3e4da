// Hands one small message to an SMTP server over pipes, as tcpserver would, with a program in the place of
// qmail-queue that keeps the message and queues nothing. Knows no field of it.

import { toOctets, toText } from "../../lib/message/octets.ts";
import { type Account, commandAs } from "./accounts.ts";

/** What a server has handed on. */
export interface Taken {
  /** With LF line ends, an octet string. */
  message: string;
  /** What the server exports of HELO; empty, if nothing. */
  smtpHeloHost: string;
}

/** What a server made of it, or why nothing. */
export type SmtpOutcome = Taken | { reason: string };

/** The client that the server is told of. */
export const CLIENT = { ip: "192.0.2.1", helo: "client.dk-doctor.invalid" };

const LIMIT_MS = 20_000;

/** Keeps what it gets beside itself. */
const QUEUE = `#!/bin/sh
cat >"$0.message"
cat <&1 >/dev/null
printf '%s' "$SMTPHELOHOST" >"$0.helo"
`;

const DIALOGUE: readonly (readonly [line: string, reply: RegExp])[] = [
  ["", /^220/],
  [`HELO ${CLIENT.helo}`, /^250/],
  ["MAIL FROM:<>", /^250/],
  ["RCPT TO:<postmaster@dk-doctor.invalid>", /^250/],
  ["DATA", /^354/],
  ["Subject: A trial of dk-doctor\r\n\r\nHello.\r\n.", /^250/],
  ["QUIT", /^221/],
];

/**
 * Tries a server.
 *
 * @param command The words that start it.
 * @param variables Those of its run script.
 */
export async function trySmtp(
  command: string[],
  account: Account,
  variables: Record<string, string>,
  limitMs = LIMIT_MS,
): Promise<SmtpOutcome> {
  const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "dk_doctor_" });
  try {
    const queue = `${folder}/queue`;
    await Deno.writeTextFile(queue, QUEUE);
    await Deno.chmod(queue, 0o755);
    const words = commandAs(account, command) ?? command;
    if (Deno.uid() === 0) await Deno.chown(folder, account.uid, null);
    const reason = await talk(words, environmentOf(variables, queue), limitMs);
    if (reason !== undefined) return { reason };
    const read = async (name: string) =>
      toText(await Deno.readFile(`${queue}.${name}`));
    return { message: await read("message"), smtpHeloHost: await read("helo") };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { reason: "it does not start what QMAILQUEUE names" };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function environmentOf(
  variables: Record<string, string>,
  queue: string,
): Record<string, string> {
  return {
    ...variables,
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    QMAILQUEUE: queue,
    // Every recipient is taken.
    RELAYCLIENT: "",
    PROTO: "TCP",
    TCPREMOTEIP: CLIENT.ip,
    TCPREMOTEPORT: "1025",
    TCPLOCALIP: "127.0.0.1",
    TCPLOCALPORT: "25",
  };
}

/** Says each line after the reply to the one before; tells what was not as it should be. */
async function talk(
  [program = "", ...args]: string[],
  env: Record<string, string>,
  limitMs: number,
): Promise<string | undefined> {
  const child = new Deno.Command(program, {
    args,
    env,
    clearEnv: true,
    cwd: "/",
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, limitMs);
  const writer = child.stdin.getWriter();
  const replies = repliesOf(child.stdout);
  try {
    for (const [line, wanted] of DIALOGUE) {
      if (line !== "") {
        // A server that has gone is noticed by the reply that is missing.
        await writer.write(toOctets(`${line}\r\n`)).catch(() => {});
      }
      const { value: reply } = await replies.next();
      if (reply === undefined) {
        return isLate
          ? `it does not answer within ${limitMs / 1000} s`
          : "it ends without an answer";
      }
      if (!wanted.test(reply)) return `it says ${reply}`;
    }
    return undefined;
  } finally {
    await replies.return(undefined);
    await writer.close().catch(() => {/* It has ended. */});
    await child.status;
    clearTimeout(timer);
  }
}

/** The last line of each reply (RFC 5321 section 4.2.1). */
async function* repliesOf(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string, undefined> {
  let text = "";
  for await (const chunk of stream) {
    text += toText(chunk);
    const lines = text.split("\n");
    text = lines.pop()!;
    for (const line of lines) {
      if (!/^\d{3}-/.test(line)) yield line.trimEnd();
    }
  }
}
