// Signing as one call, for a program that has the key in memory. Knows no file and no environment
// variable.

import { parsePrivateKey } from "../keys/private_key.ts";
import { isDomainName, toALabels } from "../message/domain_name.ts";
import { encodeUtf8 } from "../message/octets.ts";
import { SignPass } from "../pass/sign_pass.ts";
import { parseDkimOptions, parseDomainKeysOptions } from "../policy/options.ts";
import { type Scheme, SCHEMES } from "../ports/signing.ts";
import { type Message, pushMessage, requireWhole } from "./arguments.ts";
import { systemCrypto } from "../system/crypto/digest.ts";
import { nowSeconds } from "../system/process/clock.ts";
import { UnusableKey } from "../keys/unusable_key.ts";

/** The domain and the key of a signature, and its options. */
export interface SignSettings {
  /** The signing domain; `d=` has its A-labels. */
  domain: string;
  /** The selector, `s=`: the key's record is at `selector._domainkey.domain`. */
  selector: string;
  /** PEM, PKCS#8 or PKCS#1, RSA or Ed25519; the key decides the algorithm. */
  privateKey: string;
  /** Which signatures to make, `["dkim"]` if not said. DomainKeys takes an RSA key. */
  schemes?: readonly Scheme[];
  /** What DKIMSIGNOPTIONS may hold, like `-c s -l`. */
  dkimOptions?: string;
  /** What DKSIGNOPTIONS may hold, like `-c simple`. */
  domainKeysOptions?: string;
  /** The time of signing in seconds since 1970; now, if not said. */
  now?: number;
}

/**
 * Signs a message (RFC 6376 section 5, RFC 4870 section 3.4).
 *
 * @param message Octets, a stream of them, or text that is taken as UTF-8; lines end in LF or CRLF.
 * @param settings The domain and the key, and options.
 * @returns The new fields, to be put on top of the message, with LF line ends; empty when the
 * message has no usable From, or is signed with that key already.
 * @throws {SyntaxError} For a key or an option that cannot be used.
 * @throws {TypeError} For what is no message, no domain, no selector, no scheme or no whole number.
 *
 * @example Sign with an Ed25519 key
 * ```ts
 * import { sign } from "@qmail/dk";
 * import { assertMatch } from "@std/assert";
 * import { generateKeyPairSync } from "node:crypto";
 *
 * const { privateKey } = generateKeyPairSync("ed25519", {
 *   privateKeyEncoding: { type: "pkcs8", format: "pem" },
 *   publicKeyEncoding: { type: "spki", format: "pem" },
 * });
 * const fields = await sign("From: alice@example.com\n\nHello.\n", {
 *   domain: "example.com",
 *   selector: "mail",
 *   privateKey,
 * });
 * assertMatch(fields, /^DKIM-Signature: v=1; a=ed25519-sha256;/);
 * ```
 */
export async function sign(
  message: Message,
  settings: SignSettings,
): Promise<string> {
  const { selector, privateKey, schemes = ["dkim"] } = settings;
  const now = requireWhole("now", settings.now ?? nowSeconds());
  const domain = toALabels(encodeUtf8(settings.domain))?.toLowerCase();
  if (domain === undefined) {
    throw new TypeError(
      `Cannot sign for "${settings.domain}": give a domain name`,
    );
  }
  if (!isDomainName(selector)) {
    throw new TypeError(`Cannot use the selector "${selector}"`);
  }
  const unknown = schemes.find((scheme) => !SCHEMES.includes(scheme));
  if (unknown !== undefined) {
    throw new TypeError(`Cannot sign with "${unknown}": give dkim, domainkeys`);
  }
  const key = parsePrivateKey(privateKey);
  const pass = new SignPass(() => ({
    pattern: selector,
    schemes,
    align: "from",
    dkim: parseDkimOptions(settings.dkimOptions),
    domainKeys: parseDomainKeysOptions(settings.domainKeysOptions),
  }), {
    keys: { find: () => ({ key, domain, selector }) },
    crypto: systemCrypto,
    now,
  });
  await pushMessage(pass, message);
  try {
    const { newFields } = await pass.end();
    return newFields;
  } catch (error) {
    if (error instanceof UnusableKey) {
      throw new SyntaxError(error.message, { cause: error });
    }
    throw error;
  }
}
