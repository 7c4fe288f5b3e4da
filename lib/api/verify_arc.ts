// ARC as one call, for a program that has the message, or a stream of it.

import { ArcPass } from "../pass/arc_pass.ts";
import type { ArcVerdict } from "../pass/arc_verdict.ts";
import { STRICT } from "../pass/verify_pass.ts";
import type { Resolver } from "../ports/resolver.ts";
import { type Message, pushMessage, requireWhole } from "./arguments.ts";
import { portsOf } from "./ports.ts";

/** How strict to be, and the resolver. */
export interface ArcSettings {
  /** RSA keys of fewer bits do not pass; 1024, if not said. */
  minRsaBits?: number;
  /** The time of validating in seconds since 1970; now, if not said. */
  now?: number;
  /** Looks key records up; a client of the system's DNS servers, if not said. */
  resolver?: Resolver;
}

/**
 * Validates the ARC chain of a message (RFC 8617 section 5.2).
 *
 * @param message Octets, a stream of them, or text that is taken as UTF-8; lines end in LF or CRLF.
 * @param settings How strict to be.
 * @returns A verdict: pass, fail, or none without a chain. No message, no DNS answer and no resolver
 * makes it reject; a key that DNS does not give now is a failure, as the RFC has it.
 * @throws {TypeError} For what is no message, or no whole number.
 *
 * @example A set that is not whole is no chain
 * ```ts
 * import { verifyArc } from "@qmail/dk";
 * import { assertEquals } from "@std/assert";
 *
 * const { result, reason } = await verifyArc(
 *   "ARC-Authentication-Results: i=1; mx.example.net; spf=pass\n" +
 *     "From: alice@example.com\n\nHello.\n",
 * );
 * assertEquals([result, reason], ["fail", "i=1: no ARC-Message-Signature"]);
 * ```
 */
export async function verifyArc(
  message: Message,
  settings: ArcSettings = {},
): Promise<ArcVerdict> {
  const { minRsaBits = STRICT.minRsaBits } = settings;
  const ports = portsOf(settings);
  requireWhole("minRsaBits", minRsaBits);
  const pass = new ArcPass({ minRsaBits }, ports);
  await pushMessage(pass, message);
  const { verdict } = await pass.end();
  return verdict;
}
