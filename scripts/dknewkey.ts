// Makes a key pair for DKIM and DomainKeys: the private key into a new file, the
// DNS record (RFC 6376 section 3.6.1, RFC 8463 section 4) onto stdout. Refuses to
// write over anything, and to know where a record is published.

import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { parseArgs as parseUntypedArgs } from "@std/cli/parse-args";
import { parsePrivateKey, type PrivateKey } from "../lib/dkim/private_key.ts";
import { formatKeyText, formatRecord } from "./dknewkey_record.ts";

const USAGE = `usage: dknewkey [options] FILE [BITS]
       dknewkey [options] --print FILE

Makes a key pair for DKIM and DomainKeys. The private key goes into FILE, which
must not be there yet, with mode 0640 and, for root, group qmail. The DNS record
goes to stdout. The last part of FILE is the selector.

  BITS           size of an RSA key, 1024 to 8192, 2048 by default
  --type TYPE    rsa (by default) or ed25519
  --domain NAME  print full names in this domain
  --tinydns      print a line for tinydns-data, needs --domain
  --domainkeys   leave out "v=DKIM1; ", for verifiers that know RFC 4870 alone
  --print FILE   make nothing, print the record of the key in FILE
  --help         print this text

example: dknewkey --domain example.com /etc/domainkeys/example.com/default

Exits 0 if all went well, 1 if something failed, 2 if the command line is wrong.
`;

const TYPES = ["rsa", "ed25519"] as const;
const DEFAULT_BITS = 2048;
const MIN_BITS = 1024;
const MAX_BITS = 8192;
const TTL_SECONDS = 3600;
// 255 octets on the wire (RFC 1035 section 2.3.4).
const MAX_NAME_LENGTH = 253;
// tinydns answers over UDP alone and knows no EDNS (RFC 1035 section 4.2.1).
const TINYDNS_LIMIT_BYTES = 512;

interface Options {
  file: string;
  print: boolean;
  type: typeof TYPES[number];
  bits: number;
  /** In lower case without a final dot, empty if there is none. */
  domain: string;
  /** Where the record belongs, without a final dot; ends in the domain. */
  name: string;
  tinydns: boolean;
  domainkeys: boolean;
}

interface Args {
  _: string[];
  help: boolean;
  tinydns: boolean;
  domainkeys: boolean;
  type?: string;
  domain?: string;
  print?: string;
}

const parseArgs: (
  args: string[],
  options: {
    alias: Record<string, string>;
    boolean: string[];
    string: string[];
    unknown: (arg: string, key?: string) => void;
  },
) => Args = parseUntypedArgs;

/** The command line is wrong. */
class UsageError extends Error {
  override name = "UsageError";
}

/** Returns undefined if the usage is asked for. */
function parseOptions(args: string[]): Options | undefined {
  const { _: operands, help, print, ...given } = parseArgs(args, {
    alias: { h: "help" },
    boolean: ["help", "tinydns", "domainkeys"],
    string: ["_", "type", "domain", "print"],
    unknown(arg, key) {
      if (key !== undefined) throw new UsageError(`Unknown option ${arg}`);
    },
  });
  if (help) return undefined;

  const [file, bits, ...rest] = print === undefined
    ? operands
    : [print, undefined, ...operands];
  if (!file) throw new UsageError("The file of the private key is missing");
  if (rest.length > 0) {
    throw new UsageError(`Unexpected argument "${rest[0]}"`);
  }
  if (print !== undefined && given.type !== undefined) {
    throw new UsageError("Cannot choose a type with --print: the key has one");
  }
  const type = TYPES.find((type) => type === (given.type ?? "rsa"));
  if (type === undefined) {
    throw new UsageError(
      `Cannot make a key of type "${given.type}": give rsa or ed25519`,
    );
  }
  if (type === "ed25519" && bits !== undefined) {
    throw new UsageError(
      `Cannot make an Ed25519 key of "${bits}" bits: it has one size, leave it out`,
    );
  }
  if (type === "ed25519" && given.domainkeys) {
    throw new UsageError("Cannot use an Ed25519 key for DomainKeys: give rsa");
  }
  if (given.domain !== undefined && !isDomainName(given.domain)) {
    throw new UsageError(
      `Cannot use the domain "${given.domain}": give a name of letters, digits and hyphens, as example.com`,
    );
  }
  const domain = (given.domain ?? "").toLowerCase().replace(/\.$/, "");
  if (given.tinydns && domain === "") {
    throw new UsageError("Cannot print a tinydns line: give --domain as well");
  }
  const selector = file.slice(file.lastIndexOf("/") + 1);
  const name = `${selector}._domainkey${domain && `.${domain}`}`;
  if (!isDomainName(selector) || selector.endsWith(".")) {
    throw new UsageError(
      `Cannot use the selector "${selector}": end FILE in a name of letters, digits and hyphens, as default`,
    );
  }
  if (name.length > MAX_NAME_LENGTH) {
    throw new UsageError(
      `Cannot publish at "${name}": it has ${name.length} characters, give a shorter name`,
    );
  }
  return {
    file,
    print: print !== undefined,
    type,
    bits: parseBits(bits),
    domain,
    name,
    tinydns: given.tinydns,
    domainkeys: given.domainkeys,
  };
}

function parseBits(text: string | undefined): number {
  if (text === undefined) return DEFAULT_BITS;
  const bits = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (bits < MIN_BITS || bits > MAX_BITS) {
    throw new UsageError(
      `Cannot make a key of "${text}" bits: give ${MIN_BITS} to ${MAX_BITS}`,
    );
  }
  return bits;
}

function isDomainName(name: string): boolean {
  // The underscore is no letter of RFC 6376 selectors, but there are many of them.
  return name.replace(/\.$/, "").split(".").every((label) =>
    /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label)
  );
}

async function makeKey(options: Options): Promise<void> {
  const { file, domain } = options;
  refuseEarly(file);
  const pem = await generateKey(options);
  const key = parsePrivateKey(pem);
  const record = await describeKey(options, key);
  const gid = Deno.uid() === 0 ? findGroup("qmail") : undefined;
  createKeyFile(file, pem, gid, record);

  const path = realpathSync(file);
  const kind = key.type === "rsa" ? `RSA, ${key.bits} bits` : "Ed25519";
  const group = gid === undefined ? "" : ", group qmail";
  say(`made ${path} (${kind}), mode 0640${group}`);
  if (gid === undefined) {
    say("only its owner and group can read it: see that those who sign can");
  }
  const pattern = domain === "" ? path : path.replace(`/${domain}/`, "/%/");
  say(
    `next: publish the record, wait until DNS answers with it, then sign with DKSIGN=${pattern}`,
  );
}

async function printRecord(options: Options): Promise<void> {
  const key = parsePrivateKey(readFileSync(options.file, "utf8"));
  writeFileSync(1, await describeKey(options, key));
}

/** Says what can be known before the key is made: 8192 bits take half a minute. */
function refuseEarly(file: string): void {
  const folder = file.slice(0, file.lastIndexOf("/") + 1) || ".";
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new Error(`Cannot find the folder "${folder}": make it first`);
  }
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) {
    throw new Error(
      `Cannot write over "${file}": give another name, or move it away first`,
    );
  }
}

async function generateKey({ type, bits }: Options): Promise<string> {
  const algorithm = type === "ed25519" ? { name: "Ed25519" } : {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: bits,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: "SHA-256",
  };
  const { privateKey } = await crypto.subtle.generateKey(
    algorithm,
    true,
    ["sign", "verify"],
  ) as CryptoKeyPair;
  const pkcs8 = await crypto.subtle.exportKey("pkcs8", privateKey);
  const lines = new Uint8Array(pkcs8).toBase64().replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN PRIVATE KEY-----\n${lines}-----END PRIVATE KEY-----\n`;
}

/** The numeric id of a group of this machine, undefined if there is none. */
function findGroup(name: string): number | undefined {
  const groups = readFileSync("/etc/group", "utf8");
  const [, gid] = new RegExp(`^${name}:[^:]*:(\\d+):`, "m").exec(groups) ?? [];
  return gid === undefined ? undefined : Number(gid);
}

/** Leaves the whole key with its record printed, or no file at all. */
function createKeyFile(
  file: string,
  pem: string,
  gid: number | undefined,
  record: string,
): void {
  // O_EXCL: neither a file nor a dangling symlink that came meanwhile is followed.
  const fd = openSync(file, "wx", 0o600);
  try {
    if (gid !== undefined) fchownSync(fd, 0, gid);
    fchmodSync(fd, 0o640);
    writeFileSync(fd, pem);
    fsyncSync(fd);
    writeFileSync(1, record);
  } catch (error) {
    unlinkSync(file);
    throw new Error(
      `Cannot finish "${file}", it is removed again: ${messageOf(error)}`,
    );
  } finally {
    closeSync(fd);
  }
}

/** The line to publish. */
async function describeKey(options: Options, key: PrivateKey): Promise<string> {
  if (options.domainkeys && key.type === "ed25519") {
    throw new Error(
      "Cannot use an Ed25519 key for DomainKeys: make an RSA key",
    );
  }
  const version = options.domainkeys ? "" : "v=DKIM1; ";
  const text = version + await formatKeyText(key);
  const { name, domain, tinydns } = options;
  // The text has no colon, backslash or unprintable byte that tinydns-data wants escaped.
  if (!tinydns) {
    return `${formatRecord(domain === "" ? name : `${name}.`, text)}\n`;
  }
  warnOfSize(name, text);
  return `'${name}:${text}:${TTL_SECONDS}\n`;
}

function warnOfSize(name: string, text: string): void {
  // Header, question, the fixed part of the record, strings of at most 127 bytes.
  const answerBytes = 12 + (name.length + 2 + 4) + 12 +
    text.length + Math.ceil(text.length / 127);
  if (answerBytes > TINYDNS_LIMIT_BYTES) {
    say(
      `the answer has ${answerBytes} bytes, tinydns sends at most ${TINYDNS_LIMIT_BYTES}: run axfrdns beside it for TCP`,
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function say(text: string): void {
  console.error(`dknewkey: ${text}`);
}

async function main(args: string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === undefined) writeFileSync(1, USAGE);
    else if (options.print) await printRecord(options);
    else await makeKey(options);
    return 0;
  } catch (error) {
    say(messageOf(error));
    if (!(error instanceof UsageError)) return 1;
    console.error('Try "dknewkey --help"');
    return 2;
  }
}

Deno.exit(await main(Deno.args));
