// A mail site in a folder of its own: keys made at run time, their DNS records, control files,
// a TMPDIR, and the environment that names them. Refuses to know how a message is signed.

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { type FilterResult, type FilterRun, runFilter } from "./queue.ts";
import { commandOf, type Program } from "./programs.ts";

/** What a message comes from, if a test says nothing else. */
const DOMAIN = "example.com";

/** A run of a program; the environment is added to that of the site. */
export type SiteRun = Omit<FilterRun, "command"> & {
  /** Words in front of the program, as env(1) has them. */
  prefix?: string[];
  /** Words after it; with `next: "none"` they are the next program. */
  args?: string[];
};

/** A folder with all that a signing site has. */
export class Site implements AsyncDisposable {
  readonly folder: string;
  /** TXT records by name. */
  readonly records = new Map<string, string>();
  /** What tcprules would set. */
  readonly env: Record<string, string>;

  private constructor(folder: string) {
    this.folder = folder;
    this.env = {
      DKSIGN: `${folder}/keys/%/default`,
      CONTROLDIR: `${folder}/control`,
      TMPDIR: `${folder}/tmp`,
    };
  }

  /** A site with an RSA key for {@linkcode DOMAIN}, selector `default`. */
  static async open(): Promise<Site> {
    const site = new Site(await Deno.makeTempDir({ prefix: "dk_site_" }));
    for (const name of ["keys", "control", "tmp"]) {
      await Deno.mkdir(`${site.folder}/${name}`);
    }
    await site.addKey(DOMAIN, "default", RSA);
    return site;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A test may have taken away what it takes to remove a folder.
    const args = ["-R", "u+rwX", this.folder];
    await new Deno.Command("/bin/chmod", { args, stderr: "null" }).output();
    await Deno.remove(this.folder, { recursive: true });
  }

  /** Writes a key that only its owner can read, and its record. */
  async addKey(
    domain: string,
    selector: string,
    { privateKey, publicKey }: KeyPair,
  ): Promise<void> {
    await this.write(`keys/${domain}/${selector}`, pemOf(privateKey));
    this.records.set(
      `${selector}._domainkey.${domain}`,
      recordOf(publicKey),
    );
  }

  /** Writes a file of mode 0600, and the folders on its way. */
  async write(path: string, content: string): Promise<string> {
    const full = `${this.folder}/${path}`;
    await Deno.mkdir(full.slice(0, full.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(full, content, { mode: 0o600 });
    return full;
  }

  /** What is in TMPDIR. */
  async temporaryFiles(): Promise<string[]> {
    const entries = await Array.fromAsync(Deno.readDir(`${this.folder}/tmp`));
    return entries.map(({ name }) => name);
  }

  /** Runs a program in the site's environment. */
  run(program: Program, run: SiteRun): Promise<FilterResult> {
    const { prefix = [], args = [], env, ...rest } = run;
    return runFilter({
      ...rest,
      command: [...prefix, ...commandOf(program), ...args],
      env: { ...this.env, ...env },
    });
  }
}

/** Both halves of a key. */
export interface KeyPair {
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** Makes an RSA key. */
export function makeRsaKey(bits: number): KeyPair {
  return generateKeyPairSync("rsa", { modulusLength: bits });
}

/** Makes an Ed25519 key. */
export function makeEd25519Key(): KeyPair {
  return generateKeyPairSync("ed25519");
}

/** Made once in a process: it takes 100 ms. */
const RSA = makeRsaKey(2048);

/** A private key as PKCS#8 in PEM. */
export function pemOf(privateKey: KeyObject): string {
  return String(privateKey.export({ type: "pkcs8", format: "pem" }));
}

/** The record of a public key (RFC 6376 section 3.6.1, RFC 8463 section 4.2). */
function recordOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: "spki", format: "der" });
  const isRsa = publicKey.asymmetricKeyType === "rsa";
  // The last 32 octets of an Ed25519 key in DER are the key itself.
  const octets = new Uint8Array(isRsa ? der : der.subarray(-32));
  return `v=DKIM1; k=${isRsa ? "rsa" : "ed25519"}; p=${octets.toBase64()}`;
}
