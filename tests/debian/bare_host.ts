// A host on which the programs run as the user of qmail's network daemons, who has no home and owns
// nothing but a TMPDIR and a queue. Needs root. Knows no program.

import { BEHIND_PARENT } from "../support/comparison.ts";
import { Site } from "../support/site.ts";
import {
  type DnsServer,
  startDnsServer,
} from "../../scripts/host/dns_server.ts";
import {
  type FilterResult,
  makeEnvelope,
  runFilter,
} from "../support/queue.ts";
import { type Queued, readQueued } from "../support/queued.ts";
import { pathOf } from "./requirements.ts";

const FAKE_QUEUE =
  new URL("../support/fake_queue.sh", import.meta.url).pathname;
const USERS = ["qmaild", "nobody"];

export const ENVELOPE = makeEnvelope("ann@example.com", ["bob@example.net"]);

/** What a program finds around it. */
export interface Surroundings {
  /** Words in front of the program, run as the user. */
  words?: string[];
  /** Lines of /bin/sh before that, run as root. */
  setup?: string;
  env?: Record<string, string>;
}

/** What came of it, and what the next program found. */
export interface BareResult extends Pick<FilterResult, "code" | "stderr"> {
  queued: Queued | undefined;
}

/** A host in a folder that any user may enter. */
export class BareHost implements AsyncDisposable {
  readonly folder: string;
  readonly dns: DnsServer;
  /** Who runs the programs. */
  readonly user: string;
  readonly #site: Site;

  private constructor(site: Site, dns: DnsServer, user: string) {
    this.#site = site;
    this.folder = site.folder;
    this.dns = dns;
    this.user = user;
  }

  static async open(): Promise<BareHost> {
    const site = await Site.open();
    const { folder } = site;
    const { user, uid, gid } = await findUser();
    await site.write("control/me", "mx.example.net\n");
    await Deno.chmod(`${folder}/control/me`, 0o644);
    for (const name of ["", "keys", "keys/example.com", "control"]) {
      await Deno.chmod(`${folder}/${name}`, 0o755);
    }
    // As dknewkey leaves it, for a group that the user is in.
    await Deno.chown(`${folder}/keys/example.com/default`, 0, gid);
    await Deno.chmod(`${folder}/keys/example.com/default`, 0o640);
    await Deno.chown(`${folder}/tmp`, uid, gid);
    await Deno.mkdir(`${folder}/locked`, { mode: 0o700 });
    await Deno.mkdir(`${folder}/deno`, { mode: 0o755 });
    await Deno.copyFile(FAKE_QUEUE, `${folder}/fake_queue.sh`);
    await Deno.chmod(`${folder}/fake_queue.sh`, 0o755);
    const records = [...site.records].map(([name, text]) => [name, [text]]);
    return new BareHost(
      site,
      startDnsServer(Object.fromEntries(records)),
      user,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dns.close();
    await this.#site[Symbol.asyncDispose]();
  }

  /** qmail's variables, and nothing beside them. */
  get env(): Record<string, string> {
    return {
      DKSIGN: `${this.folder}/keys/%/default`,
      DKVERIFY: "",
      CONTROLDIR: `${this.folder}/control`,
      DNSCACHEIP: this.dns.address,
      TCPREMOTEIP: "192.0.2.1",
      TMPDIR: `${this.folder}/tmp`,
    };
  }

  /** Runs a program, or without one the next program at once. */
  async run(
    program: string | undefined,
    message: Uint8Array,
    { words = [], setup = "", env }: Surroundings,
  ): Promise<BareResult> {
    const queue = `${this.folder}/queue`;
    await Deno.mkdir(queue);
    await Deno.chmod(queue, 0o777);
    const next = [`${this.folder}/fake_queue.sh`, queue];
    const { code, stderr } = await runFilter({
      command: [
        ...[pathOf("setuidgid"), this.user, ...words],
        ...(program === undefined ? next : [program]),
      ],
      next: "none",
      message,
      envelope: ENVELOPE,
      env: {
        ...this.env,
        ...env,
        ...(program === undefined ? {} : { DKQUEUE: next.join(" ") }),
      },
      cwd: this.folder,
      setup: `${setup}\n${BEHIND_PARENT}`,
    });
    const { queued } = await readQueued(queue);
    await Deno.remove(queue, { recursive: true });
    return { code, stderr, queued };
  }

  /** What is left in TMPDIR. */
  temporaryFiles(): Promise<string[]> {
    return this.#site.temporaryFiles();
  }
}

async function findUser() {
  const passwd = await Deno.readTextFile("/etc/passwd");
  for (const user of USERS) {
    const [, uid, gid] =
      new RegExp(`^${user}:[^:]*:(\\d+):(\\d+):`, "m").exec(passwd) ?? [];
    if (uid !== undefined) return { user, uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(`None of ${USERS.join(", ")} is a user of this machine`);
}

/** The system calls of a program that name files, as strace writes them down. */
export async function traceFiles(
  host: BareHost,
  program: string,
  message: Uint8Array,
): Promise<string[]> {
  const trace = `${host.folder}/tmp/trace`;
  const { code, stderr } = await runFilter({
    command: [
      ...[pathOf("setuidgid"), host.user],
      ...[pathOf("strace"), "-f", "-qq", "-e", "trace=%file", "-o", trace],
      ...[program, "/bin/true"],
    ],
    next: "none",
    message,
    envelope: ENVELOPE,
    env: host.env,
    cwd: "/",
    timeoutMs: 60_000,
  });
  if (code !== 0) throw new Error(stderr);
  const lines = (await Deno.readTextFile(trace)).trim().split("\n");
  await Deno.remove(trace);
  return lines;
}
