// Makes a key pair for DKIM and DomainKeys: writes the private key into a new file, and prints the DNS
// record (RFC 6376 section 3.6.1, RFC 8463 section 4). Overwrites nothing and publishes nothing.

import { readFileSync, realpathSync, writeFileSync } from "node:fs";
import { toALabels } from "../../lib/message/domain_name.ts";
import { encodeUtf8 } from "../../lib/message/octets.ts";
import {
  parsePrivateKey,
  type PrivateKey,
} from "../../lib/keys/private_key.ts";
import {
  createKeyFile,
  findKeyOwner,
  modeFor,
  refuseEarly,
  refuseNowhere,
} from "./key_file.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { domainRecords } from "./domain_records.ts";
import { generateKey } from "./generate.ts";
import { formatFullRecord, formatKeyText, formatRecord } from "./record.ts";
import { reportFailure } from "../command/failure.ts";

// tinydns answers over UDP alone and knows no EDNS (RFC 1035 section 4.2.1).
const TINYDNS_LIMIT_BYTES = 512;

async function makeKey(options: Options): Promise<void> {
  const { file, domain } = options;
  refuseNowhere();
  refuseEarly(file);
  const pem = await generateKey(options);
  const key = parsePrivateKey(pem);
  const record = await describeKey(options, key);
  const owner = findKeyOwner();
  createKeyFile(file, pem, owner, record);

  const path = realpathSync(file);
  const kind = key.type === "rsa" ? `RSA, ${key.bits} bits` : "Ed25519";
  const mode = modeFor(owner).toString(8).padStart(4, "0");
  say(
    owner === undefined
      ? `made ${path} (${kind}), mode ${mode}: nobody else can read it, neither can qmail`
      : `made ${path} (${kind}), mode ${mode}, owner qmaild, group qmail: all who sign can read it`,
  );
  sayNext(path, domain);
}

/** Says the next step. A path without a domain's folder would sign the mail of every domain. */
function sayNext(path: string, domain: string): void {
  const pattern = patternOf(path, domain);
  say(
    pattern === path
      ? `next: move it into a folder with the name of its domain, as in /etc/domainkeys/example.com/${
        path.slice(path.lastIndexOf("/") + 1)
      }: DKSIGN=${path} would sign the mail of every domain with it`
      : `next: publish the record, wait until DNS answers with it, then sign with DKSIGN=${pattern}`,
  );
}

/**
 * Replaces the domain's folder in a path by `%`. The folder may be named by U-labels. Without a domain
 * the folder of the key is taken, if its name is that of a domain.
 */
function patternOf(path: string, domain: string): string {
  const components = path.split("/");
  const at = components.findLastIndex((name, n) =>
    name === name.toLowerCase() &&
    (domain === ""
      ? n === components.length - 2 && name.includes(".") &&
        toALabels(encodeUtf8(name)) !== undefined
      : toALabels(encodeUtf8(name)) === domain)
  );
  return components.map((name, n) => n === at ? "%" : name).join("/");
}

async function printRecord(options: Options): Promise<void> {
  refuseNowhere();
  const key = parsePrivateKey(readFileSync(options.file, "utf8"));
  writeFileSync(1, await describeKey(options, key));
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
  if (tinydns) warnOfSize(name, text);
  const own = domain === ""
    ? formatRecord(name, text)
    : formatFullRecord({ name, text }, tinydns);
  return `${own}\n${describeDomain(options)}`;
}

/** The lines for SPF and DMARC, if they are wanted. */
function describeDomain(options: Options): string {
  return domainRecords(options.domain, options)
    .map((record) => `${formatFullRecord(record, options.tinydns)}\n`)
    .join("");
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

function say(text: string): void {
  console.error(`dknewkey: ${text}`);
}

async function main(args: string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options === undefined) writeFileSync(1, USAGE);
    else if (options.file === "") {
      writeFileSync(1, describeDomain(options));
    } else if (options.print) await printRecord(options);
    else await makeKey(options);
    return 0;
  } catch (error) {
    return reportFailure("dknewkey", error, say);
  }
}

Deno.exit(await main(Deno.args));
