// Sealing as one call, for a program that has the key in memory. Knows no file and no environment
// variable.

import type { ArcKey } from "../arc/set_maker.ts";
import { parsePrivateKey } from "../keys/private_key.ts";
import { isDomainName, toALabels } from "../message/domain_name.ts";
import { encodeUtf8 } from "../message/octets.ts";
import { ArcPass } from "../pass/arc_pass.ts";
import type { ArcVerdict } from "../pass/arc_verdict.ts";
import { STRICT } from "../pass/verify_pass.ts";
import { parseDkimOptions } from "../policy/options.ts";
import { type Message, pushMessage, requireWhole } from "./arguments.ts";
import { portsOf } from "./ports.ts";
import type { ArcSettings } from "./verify_arc.ts";

/** The domain and the key of a set, and its content. */
export interface SealSettings extends ArcSettings {
  /** The sealing domain; `d=` has its A-labels. */
  domain: string;
  /** The selector, `s=`: the key's record is at `selector._domainkey.domain`. */
  selector: string;
  /** PEM, PKCS#8 or PKCS#1, RSA. */
  privateKey: string;
  /** The value of an Authentication-Results field, in ASCII: `mx.example.net; spf=pass`. */
  results: string;
  /** Field names to sign at commas or colons; what {@linkcode sign} takes, if not said. */
  signedFields?: string;
  /** Field names to sign once more than they occur; what {@linkcode sign} takes, if not said. */
  oversignedFields?: string;
}

/** The result of sealing. */
export interface Sealed {
  /** The new fields, to be put on top of the message, with LF line ends; empty if no set may be added. */
  fields: string;
  /** The reason, if no set was added. */
  reason?: string;
  /** The verdict on the chain before. */
  verdict: ArcVerdict;
}

/** Folded, each line with something in it (RFC 5322 section 2.2.3). */
const RESULTS = /^[\t -~]*[!-~][\t -~]*(?:\r?\n[\t ][\t -~]*[!-~][\t -~]*)*$/;

/**
 * Validates the ARC chain of a message, and adds the next set (RFC 8617 section 5.1). A failed chain gets
 * a set with cv=fail. No set is added if the chain was marked so before, if it has 50 sets, or if DNS
 * does not answer.
 *
 * @param message Octets, a stream of them, or text that is taken as UTF-8; lines end in LF or CRLF.
 * @param settings The domain and the key, and the content.
 * @returns ARC-Seal, ARC-Message-Signature and ARC-Authentication-Results, and the verdict on the chain
 * before.
 * @throws {SyntaxError} For a key that cannot be used, or names that are none.
 * @throws {TypeError} For what is no message, no domain, no selector, no results or no whole number.
 *
 * @example Seal a message, and validate it
 * ```ts
 * import { sealArc, verifyArc } from "@qmail/dk";
 * import { assertEquals } from "@std/assert";
 * import { generateKeyPairSync } from "node:crypto";
 *
 * const { privateKey, publicKey } = generateKeyPairSync("rsa", {
 *   modulusLength: 2048,
 *   privateKeyEncoding: { type: "pkcs8", format: "pem" },
 *   publicKeyEncoding: { type: "spki", format: "der" },
 * });
 * const record = `v=DKIM1; p=${new Uint8Array(publicKey).toBase64()}`;
 * const resolver = {
 *   txt: () => Promise.resolve({ outcome: "records" as const, records: [record] }),
 * };
 * const message = "From: alice@example.com\n\nHello.\n";
 * const { fields } = await sealArc(message, {
 *   domain: "lists.example.org",
 *   selector: "arc",
 *   privateKey,
 *   results: "mx.example.org; dmarc=pass header.from=example.com",
 *   resolver,
 * });
 * const { result, reason, sets } = await verifyArc(fields + message, { resolver });
 * assertEquals([result, reason], ["pass", "i=1 lists.example.org"]);
 * assertEquals(sets, [{ sealer: "lists.example.org", passed: ["example.com"] }]);
 * ```
 */
export async function sealArc(
  message: Message,
  settings: SealSettings,
): Promise<Sealed> {
  const { results, signedFields, oversignedFields } = settings;
  const { minRsaBits = STRICT.minRsaBits } = settings;
  const ports = portsOf(settings);
  requireWhole("minRsaBits", minRsaBits);
  if (!RESULTS.test(results)) {
    throw new TypeError(
      `Cannot use the results "${results}": give what an Authentication-Results field has, in ASCII`,
    );
  }
  const pass = new ArcPass(
    { minRsaBits },
    ports,
    {
      found: readKey(settings),
      options: parseDkimOptions("", signedFields, oversignedFields),
      formatResults: () => results.replaceAll("\r\n", "\n"),
    },
  );
  await pushMessage(pass, message);
  const { verdict, sealing } = await pass.end();
  return sealing === undefined || "reason" in sealing
    ? { verdict, fields: "", ...sealing }
    : { verdict, fields: sealing.fields.map(({ raw }) => `${raw}\n`).join("") };
}

function readKey({ domain, selector, privateKey }: SealSettings): ArcKey {
  const aLabels = toALabels(encodeUtf8(domain))?.toLowerCase();
  if (aLabels === undefined) {
    throw new TypeError(`Cannot seal for "${domain}": give a domain name`);
  }
  if (!isDomainName(selector)) {
    throw new TypeError(`Cannot use the selector "${selector}"`);
  }
  const key = parsePrivateKey(privateKey);
  if (key.type !== "rsa") {
    throw new SyntaxError("Cannot seal with an Ed25519 key: give an RSA key");
  }
  return { key, domain: aLabels, selector };
}
