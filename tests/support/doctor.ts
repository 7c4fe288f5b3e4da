// An installation in a folder of its own, with keys, control files and a DNS server on loopback, and
// dk-doctor as a process that looks at it. Refuses to know what dk-doctor says.

import { generateKeyPairSync } from "node:crypto";
import { assertEquals } from "@std/assert";
import { bundle, FILTERS } from "../../scripts/build/bundle.ts";
import { formatTitle } from "../../scripts/site/own_program.ts";
import type { Finding } from "../../scripts/dk_doctor/finding.ts";
import {
  type DnsServer,
  startDnsServer,
  type Zone,
} from "../../scripts/host/dns_server.ts";

import { type Ended, runToEnd } from "./ended.ts";

const SCRIPT =
  new URL("../../scripts/dk_doctor/main.ts", import.meta.url).pathname;

/** Where the runtime has what dk-doctor imports. */
const DENO_DIR = Deno.env.get("DENO_DIR");
const CACHE: Record<string, string> = DENO_DIR === undefined
  ? {}
  : { DENO_DIR };

/** A private key in PEM, and the record that fits it. */
export interface KeyText {
  pem: string;
  record: string;
}

/** Makes a key. */
export function makeKey(bits: number | "ed25519" = 2048): KeyText {
  const { privateKey, publicKey } = bits === "ed25519"
    ? generateKeyPairSync("ed25519")
    : generateKeyPairSync("rsa", { modulusLength: bits });
  const spki = new Uint8Array(
    publicKey.export({ type: "spki", format: "der" }),
  );
  // The key of Ed25519 is the end of its SubjectPublicKeyInfo.
  const p = bits === "ed25519" ? spki.subarray(-32) : spki;
  const type = bits === "ed25519" ? "ed25519" : "rsa";
  return {
    pem: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    record: `v=DKIM1; k=${type}; p=${p.toBase64()}`,
  };
}

/** One that every test can have, since it takes a while to make. */
export const KEY = makeKey();

/** What a test has dk-doctor look at. */
export class Installation implements AsyncDisposable {
  readonly folder: string;
  /** TXT records; what is not there is NXDOMAIN. */
  readonly zone: Zone = {};
  /** The variables that dk-doctor finds, besides PATH. */
  readonly env: Record<string, string>;
  /** The folder that dk-doctor is started in; `undefined` for our own. */
  cwd: string | undefined;
  readonly #dns: DnsServer;

  private constructor(folder: string) {
    this.folder = folder;
    this.#dns = startDnsServer(this.zone);
    this.env = {
      DKSIGN: `${folder}/keys/%/default`,
      CONTROLDIR: `${folder}/control`,
      TMPDIR: `${folder}/tmp`,
      DKQUEUE: "/bin/true",
      DNSCACHEIP: this.#dns.address,
    };
  }

  /** A good installation for example.com, with launchers for some of the programs. */
  static async open(programs: string[] = []): Promise<Installation> {
    const folder = await Deno.makeTempDir({ prefix: "dk_doctor_site_" });
    const site = new Installation(folder);
    await Deno.chmod(folder, 0o755);
    for (const name of ["bin", "lib", "keys", "control", "tmp"]) {
      await site.#makeFolder(name);
    }
    await site.write("control/me", "mail.example.com\n");
    await site.addKey("example.com", KEY);
    for (const program of programs) await site.install(program);
    return site;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dns.close();
    await Deno.remove(this.folder, { recursive: true });
  }

  /** Writes a key and publishes its record, beside SPF and DMARC records of the domain. */
  async addKey(
    domain: string,
    { pem, record }: KeyText,
    selector = "default",
  ): Promise<string> {
    this.zone[`${selector}._domainkey.${domain}`] = [record];
    this.zone[domain] ??= ["v=spf1 mx -all"];
    this.zone[`_dmarc.${domain}`] ??= ["v=DMARC1; p=none"];
    return await this.write(`keys/${domain}/${selector}`, pem, 0o640);
  }

  /** Makes a folder that everybody may enter, whatever our umask is. */
  async #makeFolder(name: string): Promise<void> {
    const path = `${this.folder}/${name}`;
    try {
      await Deno.mkdir(path);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return;
      throw error;
    }
    await Deno.chmod(path, 0o755);
  }

  /** Writes a file, and the folders on its way. */
  async write(name: string, text: string, mode = 0o644): Promise<string> {
    const path = `${this.folder}/${name}`;
    const folders = name.split("/").slice(0, -1);
    for (const [n] of folders.entries()) {
      await this.#makeFolder(folders.slice(0, n + 1).join("/"));
    }
    await Deno.writeTextFile(path, text);
    await Deno.chmod(path, mode);
    return path;
  }

  /** Writes what bears the title of a launcher of ours, and does as the test says. */
  writeProgram(name: string, text: string, mode = 0o755): Promise<string> {
    const titled = text.replace("\n", `\n# ${formatTitle(name, "0.0.0")}\n`);
    return this.write(`bin/${name}`, titled, mode);
  }

  /** Makes a launcher that raises the soft limits, in front of the program as it is shipped. */
  async install(
    program: string,
    raise = "ulimit -S -v unlimited; ulimit -S -d unlimited; ulimit -S -s 8192",
  ): Promise<void> {
    const script = await this.write(
      `lib/${program}.js`,
      await bundle(FILTERS[program]!),
    );
    await this.write(
      `bin/${program}`,
      `#!/bin/sh
# ${formatTitle(program, "0.0.0")}
${raise}
export DENO_DIR=/dev/null DENO_NO_UPDATE_CHECK=1 DENO_DISABLE_NODE_SHIM=1
exec ${await this
        .runtime()} run --no-config --no-lock --unstable-net -A ${script} "$@"
`,
      0o755,
    );
  }

  /** The runtime, where every user can execute it. */
  async runtime(): Promise<string> {
    const path = `${this.folder}/bin/deno`;
    const source = await Deno.realPath(Deno.execPath());
    try {
      await Deno.link(source, path);
    } catch (error) {
      if (error instanceof Deno.errors.AlreadyExists) return path;
      await Deno.copyFile(source, path);
      await Deno.chmod(path, 0o755);
    }
    return path;
  }

  /** Runs dk-doctor as and for ourselves, if the test does not say otherwise. */
  async run(
    args: string[] = [],
    env: Record<string, string> = {},
    command: string[] = [Deno.execPath()],
    script: string[] = ["run", "-A", SCRIPT],
  ): Promise<Ended> {
    const user = args.includes("--user") ? [] : ["--user", await userName()];
    return await runToEnd(
      [...command, ...script, "--prefix", this.folder, ...user, ...args],
      {
        env: {
          PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
          HOME: Deno.env.get("HOME") ?? "/",
          ...CACHE,
          ...this.env,
          ...env,
        },
        clearEnv: true,
        ...(this.cwd === undefined ? {} : { cwd: this.cwd }),
      },
    );
  }

  /** What dk-doctor finds; the exit code has to fit it. */
  async examine(
    args: string[] = [],
    env: Record<string, string> = {},
  ): Promise<Finding[]> {
    const { code, stdout, stderr } = await this.run(["--json", ...args], env);
    assertEquals(stderr, "");
    const findings = JSON.parse(stdout) as Finding[];
    const fails = findings.some(({ status }) => status === "fail");
    assertEquals(code, fails ? 1 : 0, stdout);
    return findings;
  }
}

/** The findings of one check, of those whose subject has a text in it. */
export function pick(
  findings: Finding[],
  check: string,
  subject = "",
): Finding[] {
  return findings.filter((finding) =>
    finding.check === check && finding.subject.includes(subject)
  );
}

/** The one finding of a check; there has to be one. */
export function pickOne(
  findings: Finding[],
  check: string,
  subject = "",
): Finding {
  const picked = pick(findings, check, subject);
  assertEquals(picked.length, 1, JSON.stringify(findings, null, 1));
  return picked[0]!;
}

/** Who we are. */
export async function userName(): Promise<string> {
  const { stdout } = await new Deno.Command("id", { args: ["-un"] }).output();
  return new TextDecoder().decode(stdout).trim();
}
