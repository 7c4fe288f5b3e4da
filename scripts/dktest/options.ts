// The command line of dktest: its options as values that are checked. Refuses to open any file.

import { resolve } from "node:path";
import { parseClientAddress } from "../../lib/spf/address.ts";
import { folderOf, isPerDomain, selectorOf } from "../../lib/keys/key_path.ts";
import { isDomainName, toALabels } from "../../lib/message/domain_name.ts";
import { encodeUtf8 } from "../../lib/message/octets.ts";
import { STRICT } from "../../lib/pass/verify_pass.ts";
import type { VerifyOptions } from "../../lib/ports/verifying.ts";
import {
  parseDkimOptions,
  parseDomainKeysOptions,
  parsePattern,
  parseSchemes,
  type SignOptions,
} from "../../lib/policy/options.ts";
import { type Arguments, parseArguments } from "../command/arguments.ts";
import { UsageError } from "../command/failure.ts";
import type { Client } from "./client.ts";

/** Sign one message. */
export interface SignCommand {
  mode: "sign";
  file: string;
  options: SignOptions;
  /** An octet string. */
  domain: string | undefined;
  selector: string | undefined;
  now: number;
}

/** What verifying and sealing ask DNS for. */
interface Asking {
  /** Each `NAME=TXT`. */
  keys: string[];
  zoneFile: string | undefined;
  authservId: string;
  /** Without it SPF and DMARC are not checked. */
  client: Client | undefined;
  now: number;
}

/** Seal one message. */
export interface SealCommand extends Asking {
  mode: "seal";
  file: string;
  pattern: string;
  /** With A-labels, in lower case. */
  domain: string | undefined;
  selector: string | undefined;
}

/** Verify messages. */
export interface VerifyCommand extends Asking {
  mode: "verify";
  files: string[];
  options: VerifyOptions;
  json: boolean;
  dumpFolder: string | undefined;
}

const KEY_VALUES = ["domain", "selector"] as const;
const SIGN_VALUES = [
  "with",
  "canon",
  "dkim-options",
  "domainkeys-options",
] as const;
const ASKING_VALUES = ["zone", "authserv-id", "ip", "sender", "helo"] as const;
const VERIFY_VALUES = ["dump", "min-rsa-bits"] as const;
const VERIFY_FLAGS = ["json", "allow-rsa-sha1", "honour-length"] as const;
const VALUES = [
  ...["sign", "seal", "now"] as const,
  ...KEY_VALUES,
  ...SIGN_VALUES,
  ...ASKING_VALUES,
  ...VERIFY_VALUES,
] as const;

type Args = Arguments<
  "verify" | typeof VERIFY_FLAGS[number],
  typeof VALUES[number],
  "key"
>;

/** The letters of `-c` in DKIMSIGNOPTIONS. */
const CANON_LETTERS = new Map([
  ["relaxed", "r"],
  ["relaxed/relaxed", "r"],
  ["simple", "s"],
  ["simple/simple", "s"],
  ["relaxed/simple", "t"],
  ["simple/relaxed", "u"],
]);

/**
 * Reads the command line.
 *
 * @returns `undefined` if the usage is asked for.
 * @throws {UsageError} If it is wrong.
 */
export function parseCommand(
  words: string[],
): SignCommand | SealCommand | VerifyCommand | undefined {
  const args: Args = parseArguments(words, {
    flags: ["verify", ...VERIFY_FLAGS],
    values: VALUES,
    lists: ["key"],
    aliases: { s: "sign", v: "verify" },
  });
  if (args.help) return undefined;
  const modes = [args.sign !== undefined, args.seal !== undefined, args.verify];
  if (modes.filter((isGiven) => isGiven).length !== 1) {
    throw new UsageError("Give one of -s KEY, -v and --seal KEY");
  }
  const now = parseNumber("now", args.now, 10) ??
    Math.floor(Date.now() / 1000);
  if (args.sign !== undefined) return signCommand(args, args.sign, now);
  return args.seal === undefined
    ? verifyCommand(args, now)
    : sealCommand(args, args.seal, now);
}

function signCommand(args: Args, pattern: string, now: number): SignCommand {
  refuseOthers(
    args,
    [...ASKING_VALUES, ...VERIFY_VALUES, ...VERIFY_FLAGS],
    "-s",
  );
  if (args.key.length > 0) throw new UsageError("Cannot use --key with -s");
  const { domain, selector } = parseKeyNames(args);
  const file = oneFile(args, "sign");
  try {
    const options = {
      pattern: selector === undefined ? parsePattern("-s", pattern) : pattern,
      schemes: parseSchemes(args.with),
      align: "from",
      dkim: parseDkimOptions(dkimLetters(args)),
      domainKeys: parseDomainKeysOptions(args["domainkeys-options"]),
    } as const;
    return { mode: "sign", file, options, domain, selector, now };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(error.message.replace("DKSIGNWITH", "--with"));
  }
}

/** The names that a signature has, as they are to be used. */
function parseKeyNames(args: Args) {
  const { selector } = args;
  if (selector !== undefined && !isDomainName(selector)) {
    throw new UsageError(`Cannot use the selector "${selector}"`);
  }
  const domain = args.domain === undefined
    ? undefined
    : encodeUtf8(args.domain);
  if (domain !== undefined && toALabels(domain) === undefined) {
    throw new UsageError(`Cannot use the domain "${args.domain}"`);
  }
  return { domain, selector };
}

function oneFile({ _: [file = "-", second] }: Args, verb: string): string {
  if (second === undefined) return file;
  throw new UsageError(`Cannot ${verb} a second file "${second}"`);
}

function sealCommand(args: Args, key: string, now: number): SealCommand {
  refuseOthers(
    args,
    [...SIGN_VALUES, ...VERIFY_VALUES, ...VERIFY_FLAGS],
    "--seal",
  );
  const { domain, selector } = parseKeyNames(args);
  const pattern = resolve(key);
  const isNamed = domain !== undefined || isPerDomain(pattern) ||
    folderOf(pattern).includes(".");
  if (!isNamed || !isDomainName(selector ?? selectorOf(pattern))) {
    throw new UsageError(
      `Cannot tell who seals with "${key}": give a path like example.com/arc, or --domain and --selector`,
    );
  }
  return {
    mode: "seal",
    file: oneFile(args, "seal"),
    pattern,
    domain: domain && toALabels(domain)?.toLowerCase(),
    selector,
    ...askingOf(args),
    now,
  };
}

function verifyCommand(args: Args, now: number): VerifyCommand {
  refuseOthers(args, [...KEY_VALUES, ...SIGN_VALUES], "-v");
  const files = args._.length > 0 ? args._ : ["-"];
  if (args.dump !== undefined && files.length > 1) {
    throw new UsageError("Cannot dump several files: give one");
  }
  return {
    mode: "verify",
    files,
    options: {
      allowRsaSha1: args["allow-rsa-sha1"],
      minRsaBits: parseNumber("min-rsa-bits", args["min-rsa-bits"], 5) ??
        STRICT.minRsaBits,
      allowAppendedBody: args["honour-length"],
    },
    json: args.json,
    dumpFolder: args.dump,
    ...askingOf(args),
    now,
  };
}

function askingOf(args: Args): Omit<Asking, "now"> {
  const bad = args.key.find((key) => !/^[^=]+=./s.test(key));
  if (bad !== undefined) {
    throw new UsageError(`Cannot use the key "${bad}": give NAME=TXT`);
  }
  return {
    keys: args.key,
    zoneFile: args.zone,
    authservId: args["authserv-id"] ?? Deno.hostname(),
    client: parseClient(args),
  };
}

function parseClient({ ip, sender, helo }: Args): Client | undefined {
  if (ip === undefined) {
    const name = sender === undefined ? "helo" : "sender";
    if ((sender ?? helo) === undefined) return undefined;
    throw new UsageError(`Cannot use --${name} without --ip`);
  }
  if (parseClientAddress(ip) === undefined) {
    throw new UsageError(`Cannot use the address "${ip}": give IPv4 or IPv6`);
  }
  return {
    ip,
    sender: encodeUtf8(sender ?? ""),
    helo: helo === undefined ? undefined : encodeUtf8(helo),
  };
}

function refuseOthers(
  args: Args,
  others: readonly (keyof Args & string)[],
  mode: "-s" | "-v" | "--seal",
): void {
  const other = others.find((name) => args[name]);
  if (other !== undefined) {
    throw new UsageError(`Cannot use --${other} with ${mode}`);
  }
}

/** The last `-c` counts. */
function dkimLetters(args: Args): string | undefined {
  const { canon, "dkim-options": letters = "" } = args;
  if (canon === undefined) return letters;
  const letter = CANON_LETTERS.get(canon) ?? canon;
  if (![...CANON_LETTERS.values()].includes(letter)) {
    throw new UsageError(
      `Cannot use the canonicalization "${canon}": give relaxed, simple, relaxed/simple or simple/relaxed`,
    );
  }
  return `${letters} -c${letter}`;
}

function parseNumber(
  name: string,
  text: string | undefined,
  digits: number,
): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text) || text.length > digits) {
    throw new UsageError(`Cannot use "${text}" for --${name}: give a number`);
  }
  return Number(text);
}
