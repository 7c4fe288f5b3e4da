// Sealing and renewing with everything at hand: the keys of the vectors, a clock that stands, the lists
// of fields that a site has by default.

import { ArcRenewal, type ArcRenewing } from "../../lib/arc/renewal.ts";
import type { ArcNewSet } from "../../lib/arc/sealer.ts";
import type { ArcKey, ArcSealOptions } from "../../lib/arc/set_maker.ts";
import { BodyHashes } from "../../lib/dkim/body_hashes.ts";
import { parsePrivateKey } from "../../lib/keys/private_key.ts";
import { parseHeader } from "../../lib/message/header.ts";
import { toOctets } from "../../lib/message/octets.ts";
import { type ArcOutcome, ArcPass } from "../../lib/pass/arc_pass.ts";
import { parseDkimOptions } from "../../lib/policy/options.ts";
import type { Resolver } from "../../lib/ports/resolver.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { feed } from "./laws.ts";
import { NOW } from "./signing.ts";
import { makeZone, PEM } from "./verifying.ts";

/** The key of {@linkcode PEM}, whose record {@linkcode makeZone} has. */
export const OURS: ArcKey = {
  key: rsaKeyOf(PEM),
  domain: "example.com",
  selector: "default",
};

/** A key to seal with. */
export function rsaKeyOf(pem: string): ArcKey["key"] {
  const key = parsePrivateKey(pem);
  if (key.type !== "rsa") throw new Error("The key is no RSA key");
  return key;
}

/** What our own field says of every message here. */
export const RESULTS = "mx.example.com;\n\tspf=pass smtp.mailfrom=example.com";

/** How a message is sealed, where it is not as usual. */
export interface Sealing {
  resolver?: Resolver;
  now?: number;
  found?: ArcKey;
  options?: Partial<ArcSealOptions>;
}

/** Validates a message and makes the next set. */
export async function seal(
  message: string,
  sealing: Sealing = {},
): Promise<ArcOutcome> {
  const { resolver = makeZone(), now = NOW, found = OURS, options } = sealing;
  const pass = new ArcPass(
    { minRsaBits: 1024 },
    { crypto: systemCrypto, resolver, now },
    {
      found,
      options: { ...parseDkimOptions(), ...options },
      formatResults: () => RESULTS,
    },
  );
  return await feed(pass, [toOctets(message)]);
}

/** The set that is made of a message. */
export async function makeSet(
  message: string,
  sealing?: Sealing,
): Promise<ArcNewSet> {
  const { sealing: made } = await seal(message, sealing);
  if (made === undefined || !("fields" in made)) {
    throw new Error(`Nothing was sealed: ${made?.reason}`);
  }
  return made;
}

/** A message with that set on top. */
export async function sealed(
  message: string,
  sealing?: Sealing,
): Promise<string> {
  const { fields } = await makeSet(message, sealing);
  return fields.map(({ raw }) => `${raw}\n`).join("") + message;
}

/** How a set is renewed, where it is not as usual. */
export interface Renewing {
  now?: number;
  find?: (domain: string) => ArcKey | undefined;
  options?: Partial<ArcSealOptions>;
  /** New DKIM-Signature fields, each with its LF. */
  signatures?: string;
}

/** Renews the newest set of a message that is about to leave. */
export async function renew(
  message: string,
  renewing: Renewing = {},
): Promise<ArcRenewing> {
  const { now = NOW, find = () => OURS, options, signatures = "" } = renewing;
  const end = message.indexOf("\n\n");
  const bodyHashes = new BodyHashes(systemCrypto);
  const renewal = new ArcRenewal(
    parseHeader(message.slice(0, end + 1)),
    find,
    { ...parseDkimOptions(), ...options },
    { crypto: systemCrypto, now },
    bodyHashes,
  );
  bodyHashes.push(toOctets(message.slice(end + 2)));
  bodyHashes.end();
  return await renewal.end(parseHeader(signatures));
}

/** The message as it leaves: each field in its place, new signatures on top. */
export async function renewed(
  message: string,
  renewing: Renewing = {},
): Promise<string> {
  const made = await renew(message, renewing);
  if (!("fields" in made)) throw new Error(`Nothing renewed: ${made.reason}`);
  const { signatures = "" } = renewing;
  return made.replaced.reduce(
    (text, { raw }, n) => text.replace(raw, () => made.fields[n]!.raw),
    signatures + message,
  );
}
