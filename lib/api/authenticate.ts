// All methods in one call, for a message that came over the network: DKIM, DomainKeys, SPF, DMARC and
// ARC. Knows no file and no environment variable.

import type { MethodResult } from "../authres/authentication_results.ts";
import { encodeUtf8 } from "../message/octets.ts";
import { openMethods } from "../pass/client_methods.ts";
import type { ArcVerdict } from "../pass/arc_verdict.ts";
import { ChainMethod } from "../pass/chain_method.ts";
import type { DmarcVerdict } from "../pass/dmarc_verdict.ts";
import { methodResults } from "../pass/inbound_pass.ts";
import type { SpfVerdict } from "../pass/spf_verdict.ts";
import { STRICT, type Verification, VerifyPass } from "../pass/verify_pass.ts";
import type { Lookup } from "../ports/resolver.ts";
import { systemCrypto } from "../system/crypto/digest.ts";
import { DnsClient } from "../system/dns/client.ts";
import { readDnsConfig, SPF_SECONDS } from "../system/dns/config.ts";
import { nowSeconds } from "../system/process/clock.ts";
import { type Message, pushMessage, requireWhole } from "./arguments.ts";

/** The client and the sender, and how to check them. */
export interface AuthenticateSettings {
  /** The client's address. */
  ip: string;
  /** The sender of the envelope without brackets, empty for the null sender. */
  mailFrom: string;
  /**
   * The client's HELO name; if not said, it is taken from the Received field on top of the message. It
   * is checked for the null sender.
   */
  helo?: string;
  /** The name of the host that checks, for SPF's macro r. */
  receiver?: string;
  /** Sealers whose chain excuses a failure of DMARC; none, if not said. */
  trustedSealers?: readonly string[];
  /** The time of checking in seconds since 1970; now, if not said. */
  now?: number;
  /** Asks DNS; a client of the servers of /etc/resolv.conf with 20 seconds, if not said. */
  resolver?: Lookup;
}

/** The verdicts on a message. */
export interface Authentication extends Verification {
  /** The verdict on MAIL FROM, for the null sender on HELO. */
  spf: SpfVerdict;
  /** The verdict for the author's domain. */
  dmarc: DmarcVerdict;
  /** The verdict on the chain. */
  arc: ArcVerdict;
  /** The same for {@linkcode formatAuthenticationResults}. */
  results: MethodResult[];
}

/**
 * Checks a message by DKIM, DomainKeys, SPF, DMARC and ARC.
 *
 * @param message Octets, a stream of them, or text that is taken as UTF-8; lines end in LF or CRLF.
 * @param settings The client and the sender.
 * @returns A verdict of each method; each name is asked for once. No message, no DNS answer and no
 * resolver makes it reject.
 * @throws {TypeError} For what is no message, no address, or no whole number.
 *
 * @example A message without a signature, from where its domain sends
 * ```ts
 * import { authenticate, formatAuthenticationResults, type Lookup } from "@qmail/dk";
 * import { assertEquals } from "@std/assert";
 *
 * const records = new Map([
 *   ["example.com", "v=spf1 ip4:192.0.2.0/24 -all"],
 *   ["_dmarc.example.com", "v=DMARC1; p=reject"],
 * ]);
 * const resolver = {
 *   lookup: (name) =>
 *     Promise.resolve(
 *       records.has(name)
 *         ? { outcome: "records", records: [records.get(name)] }
 *         : { outcome: "nxdomain" },
 *     ),
 * } as Lookup;
 * const { dmarc, results } = await authenticate("From: alice@example.com\n\nHello.\n", {
 *   ip: "192.0.2.1",
 *   mailFrom: "alice@example.com",
 *   resolver,
 * });
 * assertEquals(dmarc.result, "pass");
 * assertEquals(formatAuthenticationResults("mx.example.net", results).raw.split("\n\t"), [
 *   "Authentication-Results: mx.example.net;",
 *   "domainkeys=none (no signature) header.from=example.com;",
 *   "dkim=none (no signature);",
 *   "spf=pass (ip4:192.0.2.0/24) smtp.mailfrom=example.com;",
 *   "dmarc=pass (p=reject) header.from=example.com;",
 *   "arc=none (no ARC set) smtp.remote-ip=192.0.2.1",
 * ]);
 * ```
 */
export async function authenticate(
  message: Message,
  settings: AuthenticateSettings,
): Promise<Authentication> {
  const { ip, mailFrom, helo, receiver = "", trustedSealers = [] } = settings;
  const now = requireWhole("now", settings.now ?? nowSeconds());
  const {
    resolver = new DnsClient(readDnsConfig({ timeout: SPF_SECONDS })),
  } = settings;
  const chain = new ChainMethod({ minRsaBits: STRICT.minRsaBits }, {
    crypto: systemCrypto,
    now,
  });
  const methods = openMethods(
    {
      ip,
      helo: helo === undefined ? undefined : encodeUtf8(helo),
      dmarcVerify: "",
      arcTrust: trustedSealers.join(" "),
      receiver: encodeUtf8(receiver),
    },
    { resolver, now },
    chain,
  );
  if (methods === undefined) {
    throw new TypeError(`Cannot check "${ip}": give an IP address`);
  }
  const pass = new VerifyPass(STRICT, {
    crypto: systemCrypto,
    resolver: methods.resolver,
    now,
  }, { header: (header, bodyHashes) => methods.begin(header, bodyHashes) });
  await pushMessage(pass, message);
  const verifying = pass.end();
  const sender = Promise.resolve(encodeUtf8(mailFrom));
  const [verification, { spf, dmarc, arc, results }] = await Promise.all([
    verifying,
    methods.end(sender, verifying),
  ]);
  return {
    ...verification,
    // It was asked for each of them.
    spf: spf!,
    dmarc: dmarc!,
    arc: arc!,
    results: [...methodResults(verification), ...results],
  };
}
