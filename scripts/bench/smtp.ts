// Accepted mails a second through tcpserver and smtpfront-qmail, with one of our filters as
// QMAILQUEUE and with a filter in shell that only copies.

import { median } from "./costs.ts";
import { ENVIRONMENT } from "./fixtures.ts";
import type { Mail } from "./mails.ts";
import { SubjectFailed } from "./process.ts";
import { findProgram } from "./programs.ts";
import { sendLoad } from "./smtp_load.ts";
import type { Setup, Subject } from "./subjects.ts";

/** The rates of one filter: medians over rounds, in which all filters take turns. */
export interface Rate {
  name: string;
  /** By number of connections. */
  perSecond: Record<number, number>;
}

/** A program for QMAILQUEUE. */
interface Filter {
  name: string;
  script: string;
  mail: "plain" | "dkim";
  /** A pattern for the message that the queue gets. */
  leaves: RegExp;
}

/** The name of the filter that does nothing for a mail. */
export const COPYING = "copying shell filter";

const CONNECTIONS = [1, 2, 8];
const ROUNDS = 3;

/** Reads message and envelope to the end, as a queue does. KEEP names a file for the message. */
const QUEUE = `cat >"\${KEEP:-/dev/null}" || exit 53
exec cat <&1 >/dev/null
`;

const COPY = `file=$(mktemp) || exit 53
cat >"$file" || exit 53
exec <"$file"
rm "$file"
exec `;

/**
 * @param subjects Only those of ours that sign or verify DKIM are measured.
 * @param messages How many mails in one round.
 * @throws {SubjectFailed} If a filter hands on what it should not.
 */
export async function measureRates(
  subjects: Subject[],
  { folder, missing }: Setup,
  mail: Mail,
  messages: number,
  report: (line: string) => void,
): Promise<Rate[]> {
  if (!hasPrograms()) {
    missing.push("SMTP: tcpserver or smtpfront-qmail is not installed");
    return [];
  }
  const home = `${folder}/qmail`;
  await Deno.mkdir(`${home}/control`, { recursive: true });
  await Deno.writeTextFile(`${home}/control/rcpthosts`, "example.net\n");
  const queue = writeScript(`${folder}/queue`, QUEUE);
  const ours = subjects.filter(({ kind, task }) =>
    kind === "ours" && task.endsWith(", DKIM")
  );
  const filters: Filter[] = [
    {
      name: COPYING,
      script: writeScript(`${folder}/copy`, `${COPY}${queue}\n`),
      mail: "plain",
      leaves: /^From: /m,
    },
    ...ours.map((subject, n): Filter => ({
      name: subject.name,
      script: writeLauncher(`${folder}/launcher-${n}`, subject, queue),
      mail: subject.task === "sign, DKIM" ? "plain" : "dkim",
      leaves: subject.task === "sign, DKIM"
        ? /^DKIM-Signature: /
        : /^Authentication-Results:.*\n(?:\t.*\n)*\tdkim=pass /,
    })),
  ];
  for (const filter of filters) await checkFilter(filter, folder, home, mail);

  const rates = filters.map(({ name }): Rate => ({ name, perSecond: {} }));
  for (const connections of CONNECTIONS) {
    report(
      `${ROUNDS} rounds of ${messages} mails, connections: ${connections}`,
    );
    const rounds = filters.map((): number[] => []);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [n, filter] of filters.entries()) {
        await using server = await Server.start(filter.script, home);
        const octets = await Deno.readFile(mail[filter.mail].CRLF);
        const load = { port: server.port, connections, messages, mail: octets };
        rounds[n]!.push(await sendLoad(load));
      }
    }
    for (const [n, { perSecond }] of rates.entries()) {
      perSecond[connections] = median(rounds[n]!);
    }
  }
  return rates;
}

function hasPrograms(): boolean {
  return ["tcpserver", "smtpfront-qmail"].every((name) =>
    findProgram(name) !== undefined
  );
}

async function checkFilter(
  { name, script, mail: form, leaves }: Filter,
  folder: string,
  home: string,
  mail: Mail,
): Promise<void> {
  const keep = `${folder}/kept`;
  await using server = await Server.start(script, home, { KEEP: keep });
  const octets = await Deno.readFile(mail[form].CRLF);
  await sendLoad({
    port: server.port,
    connections: 1,
    messages: 1,
    mail: octets,
  });
  const kept = await Deno.readTextFile(keep);
  if (!leaves.test(kept)) {
    throw new SubjectFailed(`${name} hands on "${kept.slice(0, 300)}"`);
  }
}

function writeScript(path: string, text: string): string {
  Deno.writeTextFileSync(path, `#!/bin/sh\n${text}`, { mode: 0o755 });
  return path;
}

/** Writes a launcher like the installed one: soft limits, variables, exec. */
function writeLauncher(
  path: string,
  { command, env }: Subject,
  queue: string,
): string {
  const { PATH: _, ...runtime } = ENVIRONMENT;
  const variables = Object.entries({ ...runtime, ...env })
    .map(([name, value]) => ` ${name}=${quoteWord(value)}`);
  const words = [...command("", ""), queue].map(quoteWord);
  return writeScript(
    path,
    "ulimit -S -v unlimited; ulimit -S -d unlimited; ulimit -S -s 8192\n" +
      `export${variables.join("")}\nexec ${words.join(" ")}\n`,
  );
}

function quoteWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Starts tcpserver on a free port, with smtpfront-qmail for each connection. */
class Server implements AsyncDisposable {
  private constructor(
    readonly port: number,
    readonly process: Deno.ChildProcess,
  ) {}

  static async start(
    queue: string,
    home: string,
    env: Record<string, string> = {},
  ): Promise<Server> {
    const process = new Deno.Command("tcpserver", {
      args: ["-1RHl0", "-c", "40", "127.0.0.1", "0", "smtpfront-qmail"],
      clearEnv: true,
      env: {
        PATH: "/usr/bin:/bin:/usr/sbin:/sbin",
        QMAILHOME: home,
        QMAILQUEUE: queue,
        ...env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let text = "";
    for await (
      const chunk of process.stdout.pipeThrough(new TextDecoderStream())
    ) {
      text += chunk;
      if (text.includes("\n")) break;
    }
    const port = Number.parseInt(text);
    if (Number.isNaN(port)) throw new Error("tcpserver does not start");
    return new Server(port, process);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill();
    await this.process.status;
  }
}
