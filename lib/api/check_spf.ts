// SPF as one call, for a program that knows the client of a message. Knows no environment variable.

import { encodeUtf8 } from "../message/octets.ts";
import { parseExplanation, parseLocalRules } from "../policy/spf_terms.ts";
import type { Lookup } from "../ports/resolver.ts";
import { parseClientAddress } from "../spf/address.ts";
import { evaluateSpf } from "../spf/evaluation.ts";
import type { SpfFinding } from "../spf/finding.ts";
import { DnsClient } from "../system/dns/client.ts";
import { readDnsConfig, SPF_SECONDS } from "../system/dns/config.ts";
import { nowSeconds } from "../system/process/clock.ts";
import { requireWhole } from "./arguments.ts";

/** The client and the sender, and how to check them. */
export interface SpfSettings {
  /** The client's address. An IPv4-mapped one counts as IPv4. The zone of an IPv6 one is ignored. */
  ip: string;
  /** The sender of the envelope without brackets, empty for the null sender. */
  mailFrom: string;
  /** The client's HELO name, if it is known. It is checked for the null sender. */
  helo?: string;
  /** Local rules: SPF terms with spaces between, tried before the result is fail, softfail, neutral or none. */
  localRules?: string;
  /** Ask the domain for its explanation of a failure. */
  explain?: boolean;
  /** Explains a failure if the domain does not. It may have macros. */
  defaultExplanation?: string;
  /** The name of the host that checks, for the macro r. */
  receiver?: string;
  /** The time of checking in seconds since 1970; now, if not said. */
  now?: number;
  /** Asks DNS; a client of the servers of /etc/resolv.conf with 20 seconds, if not said. */
  resolver?: Lookup;
}

/**
 * Checks whether a client may send for a domain (RFC 7208).
 *
 * @param settings The client and the sender.
 * @returns The result, the term that decided, and every record, question and term on the way. No
 * record, no DNS answer and no resolver makes it reject.
 * @throws {TypeError} For what is no address, or no whole number.
 * @throws {SyntaxError} For local rules or an explanation that do not parse.
 *
 * @example Check a client with the records at hand
 * ```ts
 * import { checkSpf, type Lookup } from "@qmail/dk";
 * import { assertEquals } from "@std/assert";
 *
 * const records = ["v=spf1 ip4:192.0.2.0/24 -all"];
 * const resolver = {
 *   lookup: () => Promise.resolve({ outcome: "records", records }),
 * } as Lookup;
 * const { result, term } = await checkSpf({
 *   ip: "192.0.2.1",
 *   mailFrom: "alice@example.com",
 *   resolver,
 * });
 * assertEquals([result, term], ["pass", "ip4:192.0.2.0/24"]);
 * ```
 */
export async function checkSpf(settings: SpfSettings): Promise<SpfFinding> {
  const { ip, mailFrom, helo, explain = false, receiver } = settings;
  const { now = nowSeconds(), defaultExplanation } = settings;
  requireWhole("now", now);
  const client = parseClientAddress(ip);
  if (client === undefined) {
    throw new TypeError(`Cannot check "${ip}": give an IP address`);
  }
  const query = {
    client,
    mailFrom: encodeUtf8(mailFrom),
    explain,
    localRules: parseLocalRules(settings.localRules ?? ""),
    ...(helo === undefined ? {} : { helo: encodeUtf8(helo) }),
    ...(defaultExplanation === undefined
      ? {}
      : { defaultExplanation: parseExplanation(defaultExplanation) }),
  };
  const resolver = settings.resolver ?? createClient();
  const host = receiver === undefined ? {} : { receiver: encodeUtf8(receiver) };
  return await evaluateSpf(query, { resolver, now, ...host });
}

function createClient(): DnsClient {
  return new DnsClient(readDnsConfig({ timeout: SPF_SECONDS }));
}
