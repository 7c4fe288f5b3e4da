// The command line of dknewkey.

import { toALabels } from "../../lib/message/domain_name.ts";
import { encodeUtf8 } from "../../lib/message/octets.ts";
import { parseArguments } from "../command/arguments.ts";
import { UsageError } from "../command/failure.ts";

export const USAGE = `usage: dknewkey [options] FILE [BITS]
       dknewkey [options] --print FILE
       dknewkey --spf --dmarc --domain NAME [--tinydns]

Makes a key pair for DKIM and DomainKeys. The private key goes into FILE, which
must not be there yet: as root owner qmaild, group qmail and mode 0440, else mode
0400. The DNS record goes to stdout. The last part of FILE is the selector.

  BITS           size of an RSA key, 1024 to 8192, 2048 by default
  --type TYPE    rsa (by default) or ed25519
  --domain NAME  print full names in this domain, U-labels as A-labels
  --tinydns      print a line for tinydns-data, needs --domain
  --domainkeys   leave out "v=DKIM1; ", for verifiers that know RFC 4870 alone
  --spf          print a record to begin with, "v=spf1 mx -all", needs --domain
  --dmarc        print a record to begin with, "v=DMARC1; p=none; rua=mailto:...",
                 which sends reports to the postmaster, needs --domain
  --print FILE   make nothing, print the record of the key in FILE
  --help         print this text

example: dknewkey --domain example.com /etc/domainkeys/example.com/default

Exits 0 if all went well, 1 if something failed, 2 if the command line is wrong.
`;

const TYPES = ["rsa", "ed25519"] as const;
const DEFAULT_BITS = 2048;
const MIN_BITS = 1024;
const MAX_BITS = 8192;
// 255 octets on the wire (RFC 1035 section 2.3.4).
const MAX_NAME_LENGTH = 253;

/** What is to be made, or printed. */
export interface Options {
  /** Empty if only records of the domain are to be printed. */
  file: string;
  print: boolean;
  type: typeof TYPES[number];
  bits: number;
  /** A-labels in lower case without a final dot, empty if there is none. */
  domain: string;
  /** Where the record belongs, without a final dot; ends in the domain. */
  name: string;
  tinydns: boolean;
  domainkeys: boolean;
  spf: boolean;
  dmarc: boolean;
}

/**
 * @returns `undefined` if the usage is asked for.
 * @throws {UsageError} For what makes no sense.
 */
export function parseOptions(args: string[]): Options | undefined {
  const { _: operands, help, print, ...given } = parseArguments(args, {
    flags: ["tinydns", "domainkeys", "spf", "dmarc"],
    values: ["type", "domain", "print"],
  });
  if (help) return undefined;

  const [file = "", bits, ...rest] = print === undefined
    ? operands
    : [print, undefined, ...operands];
  const wanted = given.spf ? "--spf" : given.dmarc ? "--dmarc" : undefined;
  if (file === "" && wanted === undefined) {
    throw new UsageError("The file of the private key is missing");
  }
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
  const domain = given.domain === undefined ? "" : parseDomain(given.domain);
  if (given.tinydns && domain === "") {
    throw new UsageError("Cannot print a tinydns line: give --domain as well");
  }
  if (wanted !== undefined && domain === "") {
    throw new UsageError(
      `Cannot print what ${wanted} asks for: give --domain as well`,
    );
  }
  const { tinydns, domainkeys, spf, dmarc } = given;
  const printed = { domain, tinydns, domainkeys, spf, dmarc };
  if (file === "") {
    const none = { file, print: false, bits: DEFAULT_BITS, name: "" };
    return { ...none, type, ...printed };
  }
  const selector = file.slice(file.lastIndexOf("/") + 1);
  const name = `${selector}._domainkey${domain && `.${domain}`}`;
  if (!isDomainName(selector)) {
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
    name,
    ...printed,
  };
}

/** U-labels become A-labels: a zone file and a signature have nothing else. */
function parseDomain(text: string): string {
  const domain = toALabels(encodeUtf8(text.replace(/\.$/, "")));
  if (domain === undefined || !isDomainName(domain)) {
    throw new UsageError(
      `Cannot use the domain "${text}": give a name of letters, digits and hyphens, as example.com`,
    );
  }
  return domain.toLowerCase();
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
  return name.split(".").every((label) =>
    /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label)
  );
}
