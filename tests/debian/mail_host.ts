// A mail host: tcpserver, rules compiled by tcprules, a front end of mailfront that
// runs QMAILQUEUE, and as the next program fake_queue.sh, or any other. Knows no verdict.

import { formatLauncher } from "../../scripts/install/launcher.ts";
import { toBytes, toText } from "../support/mail.ts";
import { Site } from "../support/site.ts";
import {
  type DnsServer,
  startDnsServer,
} from "../../scripts/host/dns_server.ts";
import type { FilterResult } from "../support/queue.ts";
import { readQueued } from "../support/queued.ts";
import { runToEnd } from "../support/ended.ts";
import { Daemon } from "./daemon.ts";
import { installedPrograms } from "./installed_programs.ts";
import { ignoreUnless, pathOf } from "./requirements.ts";

export const NEEDS_SERVER = ignoreUnless(
  ...["tcpserver", "tcprules", "softlimit", "mailfront", "smtpfront-qmail"],
);
export const NEEDS_CLIENT = ignoreUnless("swaks");

const TESTS = new URL("..", import.meta.url).pathname;

/** Whom tcprules takes for somebody whose mail is relayed. */
export const RELAYED = "127.0.0.2";
/** Anybody else. */
export const OUTSIDE = "127.0.0.1";

export const SENDER = "ann@example.com";
export const RECIPIENT = "bob@example.net";

/** What maildir_queue.ts puts on top. */
const TRACE = /^Return-Path: .*\nDelivered-To: .*\nReceived: .*\n/;

/** What a host is like, where it is not as usual. */
export interface HostOptions {
  /** The program of mailfront. Default: smtpfront-qmail. */
  front?: string;
  /** The environment of tcpserver, beside what every host has. */
  env?: Record<string, string>;
  /** What the rules say of {@linkcode OUTSIDE}. Default: to verify, and refuse nothing. */
  outside?: Record<string, string>;
  /** TXT records beside those of the keys. */
  texts?: Record<string, string>;
  /** What fake_queue.sh exits with or dies by. */
  nextExit?: number | Deno.Signal;
  /** Behind the filter is maildir_queue.ts, which takes many messages at once. */
  hasMaildir?: boolean;
}

/** What a client was told, and what was queued meanwhile. */
export interface Delivery extends Pick<FilterResult, "reached" | "queued"> {
  /** The answer to the message, without its code's marker: `250 2.6.0 Accepted`. */
  reply: string;
}

/** A mail host on a free port. */
export class MailHost implements AsyncDisposable {
  readonly site: Site;
  readonly dns: DnsServer;
  readonly server: Daemon;

  private constructor(site: Site, dns: DnsServer, server: Daemon) {
    this.site = site;
    this.dns = dns;
    this.server = server;
  }

  static async open(options: HostOptions = {}): Promise<MailHost> {
    const site = await Site.open();
    const texts = [...site.records, ...Object.entries(options.texts ?? {})];
    const dns = startDnsServer(
      Object.fromEntries(texts.map(([name, record]) => [name, [record]])),
    );
    try {
      return new MailHost(site, dns, await startServer(site, dns, options));
    } catch (error) {
      await dns.close();
      await site[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.end();
    await this.dns.close();
    await this.site[Symbol.asyncDispose]();
  }

  /** The messages in the Maildir, as octet strings, without what was put on top last. */
  async delivered(): Promise<string[]> {
    const folder = `${this.site.folder}/Maildir/new`;
    const entries = await Array.fromAsync(Deno.readDir(folder));
    const messages = await Promise.all(
      entries.map(({ name }) => Deno.readFile(`${folder}/${name}`)),
    );
    return messages.map((message) => toText(message).replace(TRACE, ""));
  }

  get port(): number {
    return Number(this.server.stdout);
  }

  /**
   * Sends a message by SMTP.
   *
   * @param client The address that it comes from.
   */
  async deliver(
    message: string | Uint8Array,
    client: string,
    { sender = SENDER, recipient = RECIPIENT, helo = "client.example" } = {},
  ): Promise<Delivery> {
    const queue = `${this.site.folder}/queue`;
    await Deno.mkdir(queue);
    const { stdout, stderr } = await runToEnd([
      pathOf("swaks"),
      ...["--server", `127.0.0.1:${this.port}`, "--local-interface", client],
      ...["--from", sender, "--to", recipient, "--helo", helo],
      ...["--data", "-", "--timeout", "60"],
    ], { stdin: typeof message === "string" ? toBytes(message) : message });
    const delivery = {
      reply: replyOf(stdout) ?? stdout + stderr,
      ...await readQueued(queue),
    };
    await Deno.remove(queue, { recursive: true });
    return delivery;
  }
}

/** Starts tcpserver with the host's rules; it prints its port. */
async function startServer(
  site: Site,
  dns: DnsServer,
  options: HostOptions,
): Promise<Daemon> {
  const { front = "smtpfront-qmail", env, outside } = options;
  const { folder } = site;
  await site.write("control/me", "mx.example.net\n");
  await site.write("control/rcpthosts", "example.net\n");
  await compileRules(folder, {
    [RELAYED]: { RELAYCLIENT: "" },
    "": { DKVERIFY: "", ...outside },
  });
  return await Daemon.start({
    command: [
      ...[pathOf("softlimit"), "-m", "30000000"],
      ...[pathOf("tcpserver"), "-1", "-R", "-H", "-l", "mx.example.net"],
      ...["-x", `${folder}/rules.cdb`, "127.0.0.1", "0", pathOf(front)],
    ],
    env: {
      PATH: "/usr/sbin:/usr/bin:/bin",
      QMAILHOME: folder,
      QMAILQUEUE: `${await installedPrograms("bundled")}/qmail-dk`,
      ...await writeNext(folder, options),
      DNSCACHEIP: dns.address,
      ...site.env,
      ...env,
    },
  });
}

/** The way to the tests may hold a space, at which DKQUEUE is split. */
async function writeNext(
  folder: string,
  { nextExit = 0, hasMaildir = false }: HostOptions,
): Promise<Record<string, string>> {
  if (!hasMaildir) {
    await Deno.symlink(
      `${TESTS}/support/fake_queue.sh`,
      `${folder}/fake_queue.sh`,
    );
    return { DKQUEUE: `${folder}/fake_queue.sh ${folder}/queue ${nextExit}` };
  }
  const script = `${TESTS}/../scripts/host/maildir_queue.ts`;
  const launcher = formatLauncher({
    name: "test",
    firstLines: {},
    home: "/nonexistent",
    title: "The next program",
    command: [Deno.execPath(), "run", "-A", script],
    // The launcher hides variables that it does not know.
    defaults: { MAILDIR: `${folder}/Maildir` },
    isCompiled: false,
    isFilter: false,
    isRemote: false,
  });
  const path = `${folder}/maildir_queue`;
  await Deno.writeTextFile(path, launcher, { mode: 0o755 });
  return { DKQUEUE: path, MAILDIR: `${folder}/Maildir` };
}

async function compileRules(
  folder: string,
  rules: Record<string, Record<string, string>>,
): Promise<void> {
  const lines = Object.entries(rules).map(([address, env]) => {
    const variables = Object.entries(env).map(([name, value]) =>
      `,${name}="${value}"`
    );
    return `${address}:allow${variables.join("")}\n`;
  });
  const { code, stderr } = await runToEnd(
    [pathOf("tcprules"), `${folder}/rules.cdb`, `${folder}/rules.tmp`],
    { stdin: toBytes(lines.join("")) },
  );
  if (code !== 0) throw new Error(stderr);
}

/** swaks puts `<** ` before a refusal and `<-  ` before any other line that came. */
function replyOf(transcript: string): string | undefined {
  return /^ -> \.\n<(?:-|\*\*) +(.*)$/m.exec(transcript)?.[1];
}
