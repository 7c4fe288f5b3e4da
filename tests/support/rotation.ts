// A domain's keys in a folder, the DNS servers that have its records in memory, and a clock: what a
// rotation works with, without a process.

import type { Wait } from "../../lib/keys/rotation.ts";
import { toOctets } from "../../lib/message/octets.ts";
import { VerifyPass } from "../../lib/pass/verify_pass.ts";
import { STRICT } from "../../lib/pass/verify_pass.ts";
import { SignPass } from "../../lib/pass/sign_pass.ts";
import {
  parseDkimOptions,
  parseDomainKeysOptions,
} from "../../lib/policy/options.ts";
import type { Resolver } from "../../lib/ports/resolver.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { KeyFiles } from "../../lib/system/keys/key_files.ts";
import type { Options } from "../../scripts/dk_rotate/options.ts";
import { parseOptions } from "../../scripts/dk_rotate/options.ts";
import {
  describe,
  recordsOf,
  rotate,
  type World,
} from "../../scripts/dk_rotate/rotate.ts";
import type { Zone } from "../../scripts/host/zone.ts";
import { DnsTable } from "./dns_table.ts";
import { feed } from "./laws.ts";
import { makeEd25519Key, makeRsaKey, pemOf } from "./site.ts";

export const DAY_MS = 86_400_000;
const MAIL = "From: ann@example.com\nSubject: hello\n\nHello.\n";

/** A signed message, and when it was signed. */
export interface Letter {
  text: string;
  sentMs: number;
}

/** A folder of keys with its servers. */
export class RotatingSite implements AsyncDisposable {
  readonly folder: string;
  readonly keys: string;
  /** What each server says. */
  readonly zones: Zone[];
  /** Who is asked in place of these. */
  askers: Resolver[] | undefined;
  nowMs = Date.now();
  said: string[] = [];
  readonly #root: string;

  private constructor(root: string, servers: number) {
    this.#root = root;
    this.keys = root;
    this.folder = `${root}/example.com`;
    this.zones = Array.from({ length: servers }, () => ({}));
  }

  /** With an RSA key by the link `default`, and an Ed25519 key by the link `ed`. */
  static async open(servers = 3): Promise<RotatingSite> {
    const root = await Deno.makeTempDir({ prefix: "dk_rotation_" });
    const site = new RotatingSite(root, servers);
    await Deno.mkdir(site.folder);
    await site.#write("first", pemOf(makeRsaKey(1024).privateKey));
    await site.#write("first-ed", pemOf(makeEd25519Key().privateKey));
    await Deno.symlink("first", `${site.folder}/default`);
    await Deno.symlink("first-ed", `${site.folder}/ed`);
    await site.publish([]);
    return site;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.chmod(this.folder, 0o700);
    await Deno.remove(this.#root, { recursive: true });
  }

  async #write(name: string, pem: string): Promise<void> {
    await Deno.writeTextFile(`${this.folder}/${name}`, pem, { mode: 0o640 });
  }

  get world(): World {
    return {
      now: () => this.nowMs,
      servers: () => Promise.resolve(this.resolvers()),
      say: (text) => this.said.push(text),
    };
  }

  resolvers(): Resolver[] {
    return this.askers ?? this.zones.map((zone) => new DnsTable(zone));
  }

  /** One run of the program. */
  run(...args: string[]): Promise<Wait[]> {
    return rotate(this.folder, optionsOf(args), this.world);
  }

  /** What a run would say that it does, and what it would wait for. */
  async dryRun(...args: string[]): Promise<string[]> {
    const said: string[] = [];
    const world = { ...this.world, say: (text: string) => said.push(text) };
    await describe(this.folder, optionsOf(args), world);
    return said;
  }

  /** Puts the records on some servers, as `$INCLUDE` of --record would. */
  async publish(waits: Wait[], servers = this.zones): Promise<void> {
    const records = await recordsOf(this.folder, waits);
    for (const zone of servers) {
      for (const name of Object.keys(zone)) delete zone[name];
      for (const { name, text } of records) zone[name] = [text];
    }
  }

  /** The selectors that sign. */
  selectors(): string[] {
    return ["default", "ed"].map((name) => this.link(name));
  }

  /** What a link in the folder holds. */
  link(name: string): string {
    return Deno.readLinkSync(`${this.folder}/${name}`);
  }

  /** The names in the folder. */
  names(): string[] {
    return Array.from(Deno.readDirSync(this.folder), ({ name }) => name);
  }

  /** Signs a message with both keys, as the programs do. */
  async sign(): Promise<Letter> {
    const options = {
      pattern: `${this.keys}/%/default`,
      extraPattern: `${this.keys}/%/ed`,
      schemes: ["dkim"] as const,
      align: "from" as const,
      dkim: parseDkimOptions(),
      domainKeys: parseDomainKeysOptions(),
    };
    const pass = new SignPass(() => options, {
      keys: new KeyFiles(),
      crypto: systemCrypto,
      now: Math.floor(this.nowMs / 1000),
    });
    const { newFields } = await feed(pass, [toOctets(MAIL)]);
    return { text: newFields + MAIL, sentMs: this.nowMs };
  }

  /** The results of a message's signatures, by each server. */
  async verify({ text }: Letter): Promise<string[]> {
    const results = await Promise.all(
      this.resolvers().map(async (resolver) => {
        const ports = {
          crypto: systemCrypto,
          resolver,
          now: Math.floor(this.nowMs / 1000),
        };
        const pass = new VerifyPass(STRICT, ports);
        const { signatures } = await feed(pass, [toOctets(text)]);
        return signatures.map(({ result }) => result);
      }),
    );
    return results.flat();
  }
}

function optionsOf(args: string[]): Options {
  return parseOptions([...args, "folder"])!;
}
