// What a site says of its signatures, and of mail that comes in.

import { authservIdOf } from "../../authres/authentication_results.ts";
import type { InboundOptions } from "../../pass/inbound_pass.ts";
import { type BareCrAction, parseBareCr } from "../../policy/bare_cr.ts";
import { parseLetters } from "../../policy/letters.ts";
import {
  parseAlign,
  parseDkimOptions,
  parseDomainKeysOptions,
  parsePattern,
  parseSchemes,
  type SignOptions,
} from "../../policy/options.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";
import { type DnsConfig, readDnsConfig } from "../dns/config.ts";
import { type Environment, readControlLine, usable } from "./environment.ts";

/** Where qmail-dk finds the keys of a relay client, if nothing else is said. */
export const DEFAULT_PATTERN = "/etc/domainkeys/%/default";

/**
 * Reads what signatures are to be like.
 *
 * @param pattern Where the keys are.
 * @throws {StepFailed} 55 for a variable that cannot be used.
 */
export function readSignOptions(
  environment: Environment,
  pattern: string,
): SignOptions {
  return usable(() => {
    const extraPattern = environment.get("DKIMSIGNEXTRA");
    return {
      pattern: parsePattern("DKSIGN", pattern),
      schemes: parseSchemes(environment.get("DKSIGNWITH")),
      align: parseAlign(environment.get("DKIMALIGN")),
      dkim: parseDkimOptions(
        environment.get("DKIMSIGNOPTIONS"),
        environment.get("DKIMSIGNHEADERS"),
        environment.get("DKIMOVERSIGN"),
      ),
      domainKeys: parseDomainKeysOptions(environment.get("DKSIGNOPTIONS")),
      ...(extraPattern === undefined
        ? {}
        : { extraPattern: parsePattern("DKIMSIGNEXTRA", extraPattern) }),
      ...(environment.get("DKSIGNFORWARDS") === undefined
        ? { authservId: () => readAuthservId(environment) }
        : {}),
    };
  });
}

/**
 * Reads what a site wants of mail that comes in.
 *
 * @param dkVerify The letters.
 * @throws {StepFailed} 55 for a control file that cannot be read, or a name that cannot be written.
 */
export function readInboundOptions(
  environment: Environment,
  dkVerify: string,
): InboundOptions {
  return {
    authservId: checkAuthservId(readAuthservId(environment)),
    letters: parseLetters(dkVerify),
    isLocal: environment.get("TCPREMOTEIP") === undefined,
  };
}

/**
 * Reads what becomes of a message with a bare CR.
 *
 * @throws {StepFailed} 55 for another word.
 */
export function readBareCr(environment: Environment): BareCrAction {
  return usable(() => parseBareCr(environment.get("DKBARECR")));
}

/**
 * Reads which DNS servers are asked, and for how long.
 *
 * @throws {StepFailed} 55 for a variable that cannot be used.
 */
export function readDnsOptions(environment: Environment): DnsConfig {
  const cacheIp = environment.get("DNSCACHEIP") ?? "";
  const timeout = environment.get("DNSTIMEOUT") ?? "";
  return usable(() => readDnsConfig({ cacheIp, timeout }));
}

/** The name of this host in Authentication-Results. */
function readAuthservId(environment: Environment): string {
  return readControlLine(environment, "authservid") ||
    readControlLine(environment, "me") || Deno.hostname();
}

function checkAuthservId(name: string): string {
  const authservId = authservIdOf(name);
  if (authservId !== undefined) return authservId;
  throw new StepFailed(
    EXIT.configuration,
    `Cannot write "${name}" into Authentication-Results: put printable ASCII into control/authservid, at most 253 characters`,
  );
}
