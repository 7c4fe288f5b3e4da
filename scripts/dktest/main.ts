// Signs or verifies messages from files and explains the result. Uses the passes of the filters, and
// has no rule of its own.

import { readFileSync, writeFileSync } from "node:fs";
import type { KeyStore } from "../../lib/ports/key_store.ts";
import type { Lookup, Resolver } from "../../lib/ports/resolver.ts";
import { SignPass } from "../../lib/pass/sign_pass.ts";
import { VerifyPass, type Witness } from "../../lib/pass/verify_pass.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { DnsClient } from "../../lib/system/dns/client.ts";
import { SPF_SECONDS } from "../../lib/system/dns/config.ts";
import { Environment } from "../../lib/system/configuration/environment.ts";
import { readDnsOptions } from "../../lib/system/configuration/options.ts";
import { KeyFiles } from "../../lib/system/keys/key_files.ts";
import { ClientCheck, type SiteRules } from "./client.ts";
import {
  parseCommand,
  type SealCommand,
  type SignCommand,
  type VerifyCommand,
} from "./options.ts";
import { HashRecorder } from "./record.ts";
import { escapeText, formatJson, formatTable, isPass } from "./report.ts";
import { SealingPass } from "./seal.ts";
import { USAGE } from "./usage.ts";
import { Zone } from "./zone.ts";
import { messageOf, reportFailure } from "../command/failure.ts";

/** Prints the fields of one message. */
async function sign(command: SignCommand): Promise<boolean> {
  const { options, now } = command;
  const keys = openKeys(command);
  const pass = new SignPass(() => options, { keys, crypto: systemCrypto, now });
  await pushFile(command.file, pass);
  const { newFields, action, notes } = await pass.end();
  writeFileSync(1, newFields);
  if (action !== "signed") say(action);
  for (const [key, value] of notes) {
    if (!["d", "s", "a"].includes(key)) say(`${key}: ${value}`);
  }
  return action !== "unsigned";
}

/** Prints the next set of one message. */
async function seal(command: SealCommand): Promise<boolean> {
  const resolver = resolverOf(command)();
  const pass = new SealingPass(command, readSiteRules(), resolver);
  await pushFile(command.file, pass);
  const { fields, notes } = await pass.end();
  writeFileSync(1, fields);
  for (const [key, value] of notes) say(`${key}: ${value}`);
  return fields !== "";
}

/** Gives the key of a file, for the domain and the selector of the command line. */
function openKeys({ domain, selector }: SignCommand): KeyStore {
  const files = new KeyFiles();
  return {
    find(pattern, authorDomain) {
      const found = files.find(pattern, domain ?? authorDomain);
      return found && { ...found, selector: selector ?? found.selector };
    },
    exposed: () => files.exposed(),
  };
}

/** Prints the result for each message. A message that cannot be read does not stop the others. */
async function verify(command: VerifyCommand): Promise<boolean> {
  const openResolver = resolverOf(command);
  let isGood = true;
  for (const [n, file] of command.files.entries()) {
    try {
      if (n > 0 && !command.json) writeFileSync(1, "\n");
      isGood = await verifyFile(file, command, openResolver()) && isGood;
    } catch (error) {
      say(`Cannot verify "${file}": ${messageOf(error)}`);
      isGood = false;
    }
  }
  return isGood;
}

async function verifyFile(
  file: string,
  { options, json, dumpFolder, authservId, client, now }: VerifyCommand,
  resolver: Resolver & Lookup,
): Promise<boolean> {
  using recorder = new HashRecorder(dumpFolder);
  const { minRsaBits } = options;
  const check = client && new ClientCheck(
    client,
    readSiteRules(),
    { minRsaBits, authservId },
    { resolver, now },
  );
  const ports = {
    crypto: systemCrypto,
    resolver: check?.resolver ?? resolver,
    now,
  };
  const pass = new VerifyPass(options, ports, witnessOf(recorder, check));
  await pushFile(file, pass);
  const verifying = pass.end();
  const [verification, checked] = await Promise.all([
    verifying,
    check?.end(verifying),
  ]);
  const report = {
    ...{ file, verification, recorder, authservId },
    ...checked === undefined ? {} : { client: checked },
  };
  writeFileSync(1, json ? `${formatJson(report)}\n` : formatTable(report));
  return isPass(verification);
}

/** The recorder sees what is hashed, the check of the client the header. */
function witnessOf(
  recorder: HashRecorder,
  check: ClientCheck | undefined,
): Witness {
  return {
    ...check && {
      header: (header, bodyHashes) => check.begin(header, bodyHashes),
    },
    dkim: (signature) => recorder.dkim(signature),
    domainKeys: (signature) => recorder.domainKeys(signature),
  };
}

function readSiteRules(): SiteRules {
  const environment = new Environment(Deno.env);
  return {
    arcTrust: environment.get("ARCTRUST"),
    spfRules: environment.get("SPFRULES"),
    spfExplanation: environment.get("SPFEXP"),
  };
}

/** Opens a resolver for each message: the time limit of DNS is one message's. */
function resolverOf(
  { keys, zoneFile, client }: SealCommand | VerifyCommand,
): () => Resolver & Lookup {
  if (keys.length === 0 && zoneFile === undefined) {
    const environment = new Environment(Deno.env);
    const config = client === undefined
      ? readDnsOptions(environment)
      : readDnsOptions(environment, SPF_SECONDS);
    return () => new DnsClient(config);
  }
  const json = zoneFile === undefined ? "{}" : readFileSync(zoneFile, "utf8");
  const zone = new Zone(json, keys);
  return () => zone;
}

async function pushFile(
  file: string,
  pass: { push(chunk: Uint8Array): void },
): Promise<void> {
  const { readable } = file === "-" ? Deno.stdin : await Deno.open(file);
  for await (const chunk of readable) pass.push(chunk);
}

function say(text: string): void {
  console.error(escapeText(`dktest: ${text}`));
}

function run(
  command: SignCommand | SealCommand | VerifyCommand,
): Promise<boolean> {
  switch (command.mode) {
    case "sign":
      return sign(command);
    case "seal":
      return seal(command);
    case "verify":
      return verify(command);
  }
}

async function main(args: string[]): Promise<number> {
  try {
    const command = parseCommand(args);
    if (command === undefined) {
      writeFileSync(1, USAGE);
      return 0;
    }
    const isGood = await run(command);
    return isGood ? 0 : 1;
  } catch (error) {
    return reportFailure("dktest", error, say);
  }
}

Deno.exit(await main(Deno.args));
