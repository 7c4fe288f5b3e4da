// Verifying as one call, for a program that has the message, or a stream of it.

import type { Resolver } from "../ports/resolver.ts";
import { STRICT, type Verification, VerifyPass } from "../pass/verify_pass.ts";
import { type Message, pushMessage, requireWhole } from "./arguments.ts";
import { portsOf } from "./ports.ts";

/** How strict to be; as strict as RFC 8301, if not said. */
export interface VerifySettings {
  /** Let rsa-sha1 pass in DKIM, which RFC 8301 forbids. */
  allowRsaSha1?: boolean;
  /** RSA keys of fewer bits do not pass; 1024, if not said. */
  minRsaBits?: number;
  /** Let a message pass whose body is longer than `l=` says. */
  allowAppendedBody?: boolean;
  /** The time of verifying in seconds since 1970; now, if not said. */
  now?: number;
  /** Looks key records up; a client of the servers of /etc/resolv.conf, if not said. */
  resolver?: Resolver;
}

/**
 * Verifies the DKIM signatures of a message (RFC 6376 section 6) and its topmost DomainKeys
 * signature (RFC 4870 section 3.5).
 *
 * @param message Octets, a stream of them, or text that is taken as UTF-8; lines end in LF or CRLF.
 * @param settings How strict to be.
 * @returns A verdict for each signature, and the one that counts for each scheme. No message, no
 * DNS answer and no resolver makes it reject.
 * @throws {TypeError} For what is no message, or no whole number.
 *
 * @example Verify with a key record at hand
 * ```ts
 * import { sign, verify } from "@qmail/dk";
 * import { assertEquals } from "@std/assert";
 * import { generateKeyPairSync } from "node:crypto";
 *
 * const { privateKey, publicKey } = generateKeyPairSync("rsa", {
 *   modulusLength: 2048,
 *   privateKeyEncoding: { type: "pkcs8", format: "pem" },
 *   publicKeyEncoding: { type: "spki", format: "der" },
 * });
 * const message = "From: alice@example.com\n\nHello.\n";
 * const fields = await sign(message, { domain: "example.com", selector: "mail", privateKey });
 *
 * const record = `v=DKIM1; p=${new Uint8Array(publicKey).toBase64()}`;
 * const { dkim } = await verify(new TextEncoder().encode(fields + message), {
 *   resolver: { txt: () => Promise.resolve({ outcome: "records", records: [record] }) },
 * });
 * assertEquals(dkim.result, "pass");
 * ```
 */
export async function verify(
  message: Message,
  settings: VerifySettings = {},
): Promise<Verification> {
  const {
    allowRsaSha1 = STRICT.allowRsaSha1,
    minRsaBits = STRICT.minRsaBits,
    allowAppendedBody = STRICT.allowAppendedBody,
  } = settings;
  const ports = portsOf(settings);
  requireWhole("minRsaBits", minRsaBits);
  const options = { allowRsaSha1, minRsaBits, allowAppendedBody };
  const pass = new VerifyPass(options, ports);
  await pushMessage(pass, message);
  return await pass.end();
}
