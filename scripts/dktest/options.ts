// The command line of dktest: its options as values that are checked. Refuses to open any file.

import { parseClientAddress } from "../../lib/spf/address.ts";
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

export const USAGE = `usage: dktest -s KEY [options] [FILE]
       dktest -v [options] [FILE]...

Signs a message, or verifies messages and explains the result. Without a FILE, and
for "-", it reads stdin. Lines end in LF or CRLF.

Sign, and print the signature fields:
  -s KEY            the file of the private key; its last part is the selector, and
                    % in it stands for the domain of the From address
  --domain NAME     sign for this domain, U-labels as A-labels
  --selector NAME   sign with this selector
  --with SCHEMES    "dkim domainkeys" (by default) or one of them
  --canon FORM      canonicalization of DKIM: relaxed (by default), simple,
                    relaxed/simple or simple/relaxed; or r, s, t, u
  --dkim-options="LETTERS"        as DKIMSIGNOPTIONS has them, like "-l -h"
  --domainkeys-options="LETTERS"  as DKSIGNOPTIONS has them, like "-c simple"

Verify, and print a table:
  -v                verify
  --json            print one line of JSON for each FILE instead
  --dump DIR        write the octets that are hashed into files in DIR; of one FILE
  --ip IP           check SPF, DMARC and ARC too, for a client with this address
  --sender ADDRESS  from this sender of the envelope, by default the null sender
  --helo NAME       which gave this name in HELO, by default that of the topmost Received
  --key NAME=TXT    a key record; there may be several, and DNS is not asked
  --zone FILE       records as JSON, {"NAME": {"TXT": [...], "A": [...]}}; DNS is not asked
  --authserv-id ID  whose Authentication-Results field to print, by default the host's
  --allow-rsa-sha1  let rsa-sha1 pass in DKIM
  --min-rsa-bits N  let RSA keys of N bits pass, by default ${STRICT.minRsaBits}
  --honour-length   let octets pass that l= leaves unsigned

Both:
  --now SECONDS     sign or verify as if it was this time, in seconds since 1970
  --help            print this text

example: dktest -s /etc/domainkeys/example.com/default message > fields
         cat fields message | dktest -v

Exits 0 if the message is signed or every FILE passes: by DKIM, or by DomainKeys when it
has no DKIM signature. Exits 1 if not, 2 if the command line is wrong.
`;

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

/** Verify messages. */
export interface VerifyCommand {
  mode: "verify";
  files: string[];
  options: VerifyOptions;
  json: boolean;
  dumpFolder: string | undefined;
  /** Each `NAME=TXT`. */
  keys: string[];
  zoneFile: string | undefined;
  authservId: string;
  /** Without it SPF, DMARC and ARC are not checked. */
  client: Client | undefined;
  now: number;
}

const SIGN_VALUES = [
  "domain",
  "selector",
  "with",
  "canon",
  "dkim-options",
  "domainkeys-options",
] as const;
const VERIFY_VALUES = [
  "dump",
  "zone",
  "authserv-id",
  "min-rsa-bits",
  "ip",
  "sender",
  "helo",
] as const;
const VERIFY_FLAGS = ["json", "allow-rsa-sha1", "honour-length"] as const;
const VALUES = ["sign", "now", ...SIGN_VALUES, ...VERIFY_VALUES] as const;

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
): SignCommand | VerifyCommand | undefined {
  const args: Args = parseArguments(words, {
    flags: ["verify", ...VERIFY_FLAGS],
    values: VALUES,
    lists: ["key"],
    aliases: { s: "sign", v: "verify" },
  });
  if (args.help) return undefined;
  if ((args.sign !== undefined) === args.verify) {
    throw new UsageError("Give one of -s KEY and -v");
  }
  const now = parseNumber("now", args.now, 10) ??
    Math.floor(Date.now() / 1000);
  return args.sign === undefined
    ? verifyCommand(args, now)
    : signCommand(args, args.sign, now);
}

function signCommand(args: Args, pattern: string, now: number): SignCommand {
  refuseOthers(args, [...VERIFY_VALUES, ...VERIFY_FLAGS], "-s");
  if (args.key.length > 0) throw new UsageError("Cannot use --key with -s");
  const [file = "-", ...rest] = args._;
  if (rest.length > 0) {
    throw new UsageError(`Cannot sign a second file "${rest[0]}"`);
  }
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

function verifyCommand(args: Args, now: number): VerifyCommand {
  refuseOthers(args, SIGN_VALUES, "-v");
  const bad = args.key.find((key) => !/^[^=]+=./s.test(key));
  if (bad !== undefined) {
    throw new UsageError(`Cannot use the key "${bad}": give NAME=TXT`);
  }
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
    keys: args.key,
    zoneFile: args.zone,
    authservId: args["authserv-id"] ?? Deno.hostname(),
    client: parseClient(args),
    now,
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
  mode: "-s" | "-v",
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
