// A host that takes mail in: control files, a TMPDIR, a DNS server on loopback with a zone, and the
// environment that names them. Refuses to know what becomes of a message.

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  type DnsServer,
  startDnsServer,
  type Zone,
} from "../../scripts/host/dns_server.ts";
import { type FilterResult, runFilter } from "../support/queue.ts";
import { recordOf } from "../support/signed_mail.ts";
import { equalBytes, toBytes, toText } from "./mail.ts";
import { commandOf } from "./programs.ts";
import type { SiteRun } from "./site.ts";

/** A program that verifies. */
export type Verifier = "dk-verify" | "qmail-dk";
export const VERIFIERS: Verifier[] = ["dk-verify", "qmail-dk"];

/** The name that the host's fields bear. */
export const HOST = "mx.example.net";

/** The key that everybody signs with who says nothing else. */
export const ZONE: Zone = {
  "default._domainkey.example.com": [recordOf()],
};

/** How a message comes in; a text is an octet string. */
export type IncomingRun = Omit<SiteRun, "message"> & {
  message: string | NonNullable<SiteRun["message"]>;
};

/** A host in a folder of its own. */
export class Incoming implements AsyncDisposable {
  readonly folder: string;
  readonly dns: DnsServer;
  /** What tcpserver and tcprules would set. */
  readonly env: Record<string, string>;

  private constructor(folder: string, zone: Zone) {
    this.folder = folder;
    this.dns = startDnsServer(zone);
    this.env = {
      CONTROLDIR: `${folder}/control`,
      TMPDIR: `${folder}/tmp`,
      DNSCACHEIP: this.dns.address,
      TCPREMOTEIP: "192.0.2.1",
      DKVERIFY: "",
    };
  }

  /** @param zone What DNS says; nothing is there but the names in it. */
  static async open(zone: Zone = ZONE): Promise<Incoming> {
    const folder = await Deno.makeTempDir({ prefix: "dk_incoming_" });
    const host = new Incoming(folder, zone);
    await Deno.mkdir(`${folder}/tmp`);
    await Deno.mkdir(`${folder}/control`);
    await host.write("control/me", `${HOST}\n`);
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dns.close();
    await Deno.remove(this.folder, { recursive: true });
  }

  /** Writes a file. */
  async write(path: string, content: string): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/${path}`, content);
  }

  /** Runs a program in the host's environment. */
  run(program: Verifier, run: IncomingRun): Promise<FilterResult> {
    const { prefix = [], args = [], env, message, ...rest } = run;
    return runFilter({
      ...rest,
      message: typeof message === "string" ? toBytes(message) : message,
      command: [...prefix, ...commandOf(program), ...args],
      env: { ...this.env, ...env },
    });
  }
}

/** The log is one line of printable ASCII that says what was done. */
export function assertLogged({ stderr }: FilterResult, done: string): void {
  assertMatch(stderr, new RegExp(`^(dk-verify|qmail-dk): ${done} [ -~]+\n$`));
}

/** Nothing has been started, and the exit code is this one. */
export function assertNotQueued(result: FilterResult, code: number): void {
  const { signal, stderr, reached } = result;
  assertEquals([result.code, signal, reached], [code, null, false], stderr);
}

/**
 * The message came through with nothing but an Authentication-Results field on top of it.
 *
 * @param message What came, or what of it should go on.
 * @returns The host's name, and the results behind it, each without its folds.
 */
export function resultsOf(
  message: string | Uint8Array,
  result: FilterResult,
): string[] {
  const { code, signal, stderr, queued } = result;
  assertEquals([code, signal], [0, null], stderr);
  assertLogged(result, "verified");
  const bytes = typeof message === "string" ? toBytes(message) : message;
  const length = queued!.message.length - bytes.length;
  const [field, rest] = [
    queued!.message.subarray(0, length),
    queued!.message.subarray(length),
  ];
  assert(equalBytes(rest, bytes), "the message has been changed");
  return splitResults(toText(field));
}

const TOKEN = "[!#-'*+.0-9A-Z^_`a-z{|}~-]+";
const QUOTED = String.raw`"(?:[ !#-\[\]-~]|\\[ -~])*"`;
const COMMENT = String.raw`\((?:[ !-'*-\[\]-~]|\\[ -~])*\)`;
const WORDS = "pass|fail|softfail|policy|neutral|none|temperror|permerror";
const PROPERTIES =
  "header\\.(?:from|sender|[dsab])|smtp\\.(?:mailfrom|helo)|policy\\.dmarc";
const STATEMENT = new RegExp(
  `^(domainkeys|dkim|spf|dmarc)=(${WORDS})( ${COMMENT})?` +
    `( (${PROPERTIES})=(${TOKEN}|${QUOTED}))*$`,
);

/**
 * The parts of a field, each held against the grammar (RFC 8601 section 2.2) as far as we use it.
 *
 * @param raw The whole field, with its last line end.
 */
export function splitResults(raw: string): string[] {
  assertMatch(raw, /^Authentication-Results: [ -~]+\n(\t[ -~]+\n)*$/);
  for (const line of raw.split("\n")) {
    const isOneWord = /^\t[^ ]+$/.test(line);
    assert(line.length <= (isOneWord ? 998 : 78), `a long line: ${line}`);
  }
  const value = raw.slice("Authentication-Results: ".length, -1)
    .replace(/\n\t/g, " ");
  const part = new RegExp(`(?:[^;"(]|${QUOTED}|${COMMENT})+`, "g");
  const parts = value.match(part) ?? [];
  assertEquals(parts.join(";"), value);
  const [host = "", ...statements] = parts.map((text) => text.trim());
  assertMatch(host, new RegExp(`^(${TOKEN}|${QUOTED})$`));
  for (const statement of statements) assertMatch(statement, STATEMENT);
  return [host, ...statements];
}
