// What a site says of its signatures, and of mail that comes in.

import { authservIdOf } from "../../authres/authentication_results.ts";
import { encodeUtf8 } from "../../message/octets.ts";
import type { MethodsSettings } from "../../pass/client_methods.ts";
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
import {
  type Environment,
  readControlLine,
  readControlLines,
  usable,
} from "./environment.ts";

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

/** The variables that ask for verifying: what each holds, `undefined` for one that is not set. */
export interface VerifyOrders {
  dkVerify: string | undefined;
  spfVerify: string | undefined;
  dmarcVerify: string | undefined;
  arcVerify: string | undefined;
  /** The key of our own sets: it implies ARCVERIFY. */
  arcSeal: string | undefined;
}

/** Reads what mail that comes in is to be verified by. */
export function readVerifyOrders(environment: Environment): VerifyOrders {
  return {
    dkVerify: environment.get("DKVERIFY"),
    spfVerify: environment.get("SPFVERIFY"),
    dmarcVerify: environment.get("DMARCVERIFY"),
    arcVerify: environment.get("ARCVERIFY"),
    arcSeal: environment.get("ARCSEAL"),
  };
}

/**
 * Reads what a site wants of mail that comes in.
 *
 * @throws {StepFailed} 55 for a control file that cannot be read, or a name that cannot be written.
 */
export function readInboundOptions(
  environment: Environment,
  { dkVerify, dmarcVerify }: Partial<VerifyOrders>,
): InboundOptions {
  const options = {
    authservId: checkAuthservId(readAuthservId(environment)),
    letters: parseLetters(dkVerify ?? ""),
    isLocal: environment.get("TCPREMOTEIP") === undefined,
  };
  if (dkVerify !== undefined) return options;
  return { ...options, schemes: dmarcVerify === undefined ? [] : ["dkim"] };
}

/** Reads the client's address, as the server for PROTO tells it; `undefined` for a local message. */
export function readClientIp(environment: Environment): string | undefined {
  const ip = environment.get("TCPREMOTEIP");
  if (ip) return ip;
  switch (environment.get("PROTO")) {
    case "TCP6":
      return environment.get("TCP6REMOTEIP");
    case "SSL":
      return environment.get("SSLREMOTEIP");
    default:
      return undefined;
  }
}

/**
 * Reads what a site wants of SPF, DMARC and ARC.
 *
 * @throws {StepFailed} 55 for a control file that cannot be read.
 */
export function readMethodsSettings(
  environment: Environment,
): Omit<MethodsSettings, "ip" | "receiver"> {
  const helo = environment.get("SMTPHELOHOST");
  return {
    helo: helo === undefined ? undefined : encodeUtf8(helo),
    arcTrust: environment.get("ARCTRUST") ??
      readControlLines(environment, "arctrust").join(" "),
    spfRules: environment.get("SPFRULES") ??
      readControlLine(environment, "spfrules"),
    spfExplanation: environment.get("SPFEXP") ??
      readControlLine(environment, "spfexp"),
    isTold: environment.get("ERROR_FD") !== undefined,
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
 * Reads which fields our ARC sets sign.
 *
 * @throws {StepFailed} 55 for a variable that cannot be used.
 */
export function readArcOptions(
  environment: Environment,
): Pick<SignOptions["dkim"], "signedFields" | "oversignedFields"> {
  return usable(() =>
    parseDkimOptions(
      "",
      environment.get("DKIMSIGNHEADERS"),
      environment.get("DKIMOVERSIGN"),
    )
  );
}

/**
 * Reads which DNS servers are asked, and for how long.
 *
 * @param defaultTimeout Seconds, if the site does not say; 10, if nobody does.
 * @throws {StepFailed} 55 for a variable that cannot be used.
 */
export function readDnsOptions(
  environment: Environment,
  defaultTimeout = "",
): DnsConfig {
  const cacheIp = environment.get("DNSCACHEIP") ?? "";
  const timeout = environment.get("DNSTIMEOUT") || defaultTimeout;
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
