// A host with Debian's nullmailer, which keeps what it is given until a server has taken it. Unpacked
// by .ci/debian.sh, since it may not be installed beside another MTA. Knows no hub.

import { runToEnd } from "../support/ended.ts";
import { needs } from "../support/installer.ts";
import type { Attempt } from "./attempt.ts";
import { Daemon } from "./daemon.ts";
import { RECIPIENT } from "./mail_host.ts";

const UNPACKED = "/opt/nullmailer/usr";
const SEND = `${UNPACKED}/sbin/nullmailer-send`;

export const NEEDS_NULLMAILER = needs(SEND);

/** What is said of a server that nothing was sent to. */
const UNREACHED =
  /^Sending failed: (Connection refused|Connection timed out|Host or network unreachable|Connection failed)$/;

/** A queue, and the daemon that empties it. */
export class Nullmailer implements AsyncDisposable {
  readonly #folder: string;
  readonly #words: string[];
  readonly #daemon: Daemon;

  private constructor(folder: string, words: string[], daemon: Daemon) {
    this.#folder = folder;
    this.#words = words;
    this.#daemon = daemon;
  }

  /**
   * Starts the daemon.
   *
   * @param folder A folder that is not there yet.
   * @param words What starts a command on its host.
   * @param remotes The lines of /etc/nullmailer/remotes.
   * @param limitSeconds How long a server may take.
   */
  static async open(
    folder: string,
    words: string[],
    remotes: string[],
    limitSeconds: number,
  ): Promise<Nullmailer> {
    for (const name of ["conf", "queue/queue", "queue/tmp", "queue/failed"]) {
      await Deno.mkdir(`${folder}/${name}`, { recursive: true });
    }
    const links = { sbin: "sbin", bin: "bin", protocols: "lib/nullmailer" };
    for (const [name, target] of Object.entries(links)) {
      await Deno.symlink(`${UNPACKED}/${target}`, `${folder}/${name}`);
    }
    await runToEnd(["mkfifo", `${folder}/queue/trigger`]);
    const files = {
      "mailname": "client.example.com",
      "conf/remotes": remotes.join("\n"),
      "conf/pausetime": "1",
      "conf/maxpause": "1",
      "conf/sendtimeout": `${limitSeconds}`,
    };
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, `${text}\n`);
    }
    const daemon = await Daemon.start({
      command: [...words, SEND],
      env: { NULLMAILER_TEST_PREFIX: folder },
    });
    return new Nullmailer(folder, words, daemon);
  }

  /** Puts a mail into the queue. */
  async queue(sender: string, message: string): Promise<void> {
    const { code, stderr } = await runToEnd([
      ...this.#words,
      ...[`${UNPACKED}/bin/nullmailer-inject`, "-f", sender, RECIPIENT],
    ], {
      env: { NULLMAILER_TEST_PREFIX: this.#folder },
      clearEnv: true,
      stdin: message,
    });
    if (code !== 0) throw new Error(`nullmailer-inject: ${code} ${stderr}`);
  }

  /** How many mails are in a folder of the queue. */
  count(folder: "queue" | "failed"): number {
    return [...Deno.readDirSync(`${this.#folder}/queue/${folder}`)].length;
  }

  /** All attempts so far that have come to an end. */
  attempts(): Attempt[] {
    const [, ...texts] = this.#daemon.stdout.split(
      "Starting delivery: host: ",
    );
    return texts.flatMap((text): Attempt[] => {
      const [, server, sender, said] =
        /^(\S+) .*\nFrom: <(.*?)> .*\nMessage-Id: .*\n(.*)\n/.exec(text) ??
          [];
      if (said === undefined) return [];
      const outcome = said === "Sent file."
        ? "accepted"
        : UNREACHED.test(said)
        ? "unreached"
        : "unclear";
      return [{ sender: sender!, server: server!, outcome, said }];
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#daemon.end();
  }
}
