// A hub: it has a key, takes mail by QMQP from the addresses that its rules allow, signs it with the
// help of a resident process, and puts it into a queue of its own. Knows no client.

import { PLACES } from "../../scripts/install/resident_place.ts";
import { Folder as Meeting } from "../../lib/system/slots/folder.ts";
import { runToEnd } from "../support/ended.ts";
import { install } from "../support/installer.ts";
import { toBytes, toText } from "../support/mail.ts";
import type { Prefix } from "../support/requirements.ts";
import { CAN_BECOME, isAlive } from "../support/resident_service.ts";
import type { Site } from "../support/site.ts";
import { Daemon, until } from "./daemon.ts";
import type { Network } from "./network.ts";
import { ignoreUnless, ignoreUnlessRuns, pathOf } from "./requirements.ts";

const USER = PLACES.smtpd.user;
const PORT = "628";
const PLACE_MODE = 0o755;

/** What it takes to have one, beside a network. */
export const NEEDS_HUB: Prefix[] = [
  ignoreUnless("tcpserver", "tcprules", "qmqpfront-qmail"),
  CAN_BECOME,
  await ignoreUnlessRuns(
    `no user ${USER}, or no way to become it`,
    ["setpriv", `--reuid=${USER}`, "--clear-groups", "true"],
  ),
];

/** A mail in the queue is a folder, there whole or not at all. */
const QUEUE = `#!/bin/sh
mail=$(mktemp -d "$1/tmp/XXXXXXXXXX") && cat >"$mail/message" &&
cat <&1 >"$mail/envelope" && exec mv -T "$mail" "$1/new/\${mail##*/}"
exit 53
`;

/** A mail that a hub has queued, as octet strings. */
export interface QueuedMail {
  /** The hub's address. */
  server: string;
  message: string;
  envelope: string;
}

/** A host of a network, with all that a hub has. */
export class Hub implements AsyncDisposable {
  readonly name: string;
  readonly #folder: string;
  readonly #network: Network;
  /** All that it runs, from its start to its crash. */
  #daemons: Daemon[] = [];

  private constructor(name: string, folder: string, network: Network) {
    this.name = name;
    this.#folder = folder;
    this.#network = network;
  }

  /**
   * Installs the programs, and starts nothing yet.
   *
   * @param folder A folder that is not there yet, on a way that everybody may go.
   * @param site Has the keys, of which the hub gets a copy.
   * @param clients Who may connect, as the address of a rule.
   */
  static async make(
    name: string,
    folder: string,
    network: Network,
    site: Site,
    clients: string,
  ): Promise<Hub> {
    await Deno.mkdir(folder);
    for (const made of ["control", "queue", "queue/tmp", "queue/new"]) {
      await Deno.mkdir(`${folder}/${made}`);
    }
    await install(["--prefix", `${folder}/p`, "--resident"]);
    const files = {
      "control/me": `${name}.example.com\n`,
      "control/dksign": `${folder}/keys/%/default\n`,
      "rules": `${clients}:allow,RELAYCLIENT="",` +
        `QMAILQUEUE="${folder}/p/bin/dk-sign"\n:deny\n`,
    };
    for (const [file, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${file}`, text);
    }
    await Deno.writeTextFile(`${folder}/queue/queue`, QUEUE, { mode: 0o755 });
    const commands = [
      ["cp", "-R", `${site.folder}/keys`, folder],
      ["chown", "-R", USER, `${folder}/keys`, `${folder}/queue`],
      ["chmod", PLACE_MODE.toString(8), folder],
    ];
    for (const [program = "", ...args] of commands) {
      await succeed([pathOf(program), ...args]);
    }
    await succeed(
      [pathOf("tcprules"), `${folder}/rules.cdb`, `${folder}/rules.tmp`],
      files.rules,
    );
    return new Hub(name, folder, network);
  }

  /** Starts the resident process and the server, as the machine's start does. */
  async start(): Promise<void> {
    await this.startResident();
    const [uid, gid] = await Promise.all(
      ["-u", "-g"].map((option) => succeed([pathOf("id"), option, USER])),
    );
    const { name } = this;
    const server = await Daemon.start({
      command: [
        ...this.#network.on(name),
        ...[pathOf("tcpserver"), "-1", "-R", "-H", "-l", name, "-c", "100"],
        ...["-x", `${this.#folder}/rules.cdb`, "-u", uid!, "-g", gid!],
        ...[this.#network.addressOf(name), PORT, pathOf("qmqpfront-qmail")],
      ],
      env: {
        PATH: "/usr/sbin:/usr/bin:/bin",
        QMAILHOME: this.#folder,
        CONTROLDIR: `${this.#folder}/control`,
        DKQUEUE: `${this.#folder}/queue/queue ${this.#folder}/queue`,
      },
    });
    this.#daemons.push(server);
  }

  /** Starts the resident process alone, as who supervises it does. */
  async startResident(): Promise<void> {
    const daemon = await Daemon.start({
      command: [
        ...this.#network.on(this.name),
        `${this.#folder}/p/service/${PLACES.smtpd.name}/run`,
      ],
      env: { PATH: "/usr/sbin:/usr/bin:/bin" },
      isReady: () => Promise.resolve(this.#servingPid() !== undefined),
    });
    this.#daemons.push(daemon);
  }

  /** Kills the resident process alone. */
  killResident(): void {
    Deno.kill(this.#servingPid()!, "SIGKILL");
  }

  /** How many mails it has in hand: each has a process of the server's. */
  async inHand(): Promise<number> {
    const pids = await this.#network.processes(this.name);
    return pids.filter((pid) => commandOf(pid).endsWith("/mailfront")).length;
  }

  /** All ends at once, and nobody is told. */
  async crash(): Promise<void> {
    await this.#network.crash(this.name);
    for (const daemon of this.#daemons) await daemon.end();
    this.#daemons = [];
  }

  /** What is in its queue. */
  queued(): QueuedMail[] {
    const folder = `${this.#folder}/queue/new`;
    const read = (path: string) => toText(Deno.readFileSync(path));
    return [...Deno.readDirSync(folder)].map(({ name }) => ({
      server: this.#network.addressOf(this.name),
      message: read(`${folder}/${name}/message`),
      envelope: read(`${folder}/${name}/envelope`),
    }));
  }

  /** Ends its resident process, and gives how many mails that has had signed since its start. */
  async signedByResident(): Promise<number> {
    const pid = this.#servingPid()!;
    Deno.kill(pid, "SIGTERM");
    await until("the resident process has ended", () => !isAlive(pid));
    const path = `${this.#folder}/p/${PLACES.smtpd.folder}/metrics.prom`;
    const [, count = 0] = /^dk_mails_total\{.*answer="queue".*\} (\d+)$/m.exec(
      await Deno.readTextFile(path),
    ) ?? [];
    return Number(count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.crash();
  }

  #servingPid(): number | undefined {
    return Meeting.servedBy(`${this.#folder}/p/${PLACES.smtpd.folder}`);
  }
}

function commandOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0")[0]!;
  } catch {
    // It has ended meanwhile.
    return "";
  }
}

async function succeed(command: string[], stdin?: string): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(
    command,
    stdin === undefined ? {} : { stdin: toBytes(stdin) },
  );
  if (code !== 0) throw new Error(`${command.join(" ")}: ${stderr}`);
  return stdout.trim();
}
