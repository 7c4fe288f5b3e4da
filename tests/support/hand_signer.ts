// Signatures of both kinds made by hand: node:crypto over the reference's canonical forms, with any
// tag as a test wants it, wrong ones too. Octet strings. Shares no code with lib/.

import { Buffer } from "node:buffer";
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
} from "node:crypto";
import dkimVectors from "../vectors/dkim_sign.json" with { type: "json" };
import dkVectors from "../vectors/dk_sign.json" with { type: "json" };
import * as reference from "./reference.ts";

/** Private keys: of RSA one with 1024 and one with 2048 bits, and the one of RFC 8463 section A.2. */
export const RSA = createPrivateKey(dkVectors.private_key_pem);
export const LONG_RSA = createPrivateKey(dkimVectors.private_key_pem);
export const ED25519 = createPrivateKey(
  `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----`,
);

/** Tags in their order; `undefined` leaves one out. */
export type Tags = Record<string, string | undefined>;

/** The record of a key (RFC 6376 section 3.6.1, RFC 8463 section 4.2), with other tags between. */
export function recordOf(key: KeyObject, between = ""): string {
  return `v=DKIM1; k=${
    key.asymmetricKeyType === "rsa" ? "rsa" : "ed25519"
  }; ${between}p=${publicKeyOf(key)}`;
}

/** `p=` */
export function publicKeyOf(key: KeyObject): string {
  const der = createPublicKey(key).export({ type: "spki", format: "der" });
  // The last 32 octets of an Ed25519 key in DER are the key itself.
  const isRsa = key.asymmetricKeyType === "rsa";
  return (isRsa ? der : der.subarray(-32)).toString("base64");
}

/**
 * Puts a DKIM-Signature on top of a message.
 *
 * @param changes Tags that are not as they would be: signed as they are, but for `b`.
 */
export function signDkim(
  message: string,
  key: KeyObject = RSA,
  changes: Tags = {},
): string {
  const isRsa = key.asymmetricKeyType === "rsa";
  const tags: Tags = {
    v: "1",
    a: isRsa ? "rsa-sha256" : "ed25519-sha256",
    c: "relaxed/relaxed",
    d: "example.com",
    s: "default",
    h: "From:To:Subject",
    ...changes,
  };
  const hash = tags.a === "rsa-sha1" ? "sha1" : "sha256";
  const [headerForm, bodyForm] = tags.c?.split("/") ?? [];
  const { header, body } = reference.partsOf(message);
  const canonicalBody = bodyForm === "relaxed"
    ? reference.dkimRelaxedBody(body)
    : reference.dkimSimpleBody(body);
  const octets = Buffer.from(canonicalBody, "latin1");
  tags.bh ??= createHash(hash)
    .update(octets.subarray(0, Number(tags.l ?? Infinity)))
    .digest("base64");
  const field = `DKIM-Signature: ${formatTags(tags, changes)}b=`;
  const canonicalize = headerForm === "relaxed"
    ? reference.relaxedField
    : reference.simpleField;
  const text = reference.dkimHeader(
    reference.fieldsOf(header),
    tags.h?.split(":").map((name) => name.trim()) ?? [],
    canonicalize,
  ) + canonicalize(reference.fieldsOf(reference.linesOf(field))[0]!);
  const signed = Buffer.from(text.slice(0, -2), "latin1");
  const signature = isRsa
    ? sign(hash, signed, key)
    : sign(undefined, createHash("sha256").update(signed).digest(), key);
  return `${field}${
    changes.b ?? fold(signature.toString("base64"))
  }\n${message}`;
}

/** Puts a DomainKey-Signature on top of a message; see {@linkcode signDkim}. */
export function signDomainKeys(
  message: string,
  key: KeyObject = RSA,
  changes: Tags = {},
): string {
  const tags: Tags = {
    a: "rsa-sha1",
    q: "dns",
    c: "nofws",
    d: "example.com",
    s: "default",
    ...changes,
  };
  const isSimple = tags.c === "simple";
  const { header, body } = reference.partsOf(message);
  const fields = reference.fieldsOf(header);
  const names = tags.h?.split(":").map((name) => name.trim()) ??
    fields.map(({ name }) => name);
  const text = reference.domainKeysHeader(
    fields,
    names,
    isSimple ? reference.simpleField : reference.nofwsField,
  ) + (isSimple
    ? reference.domainKeysSimpleBody(body)
    : reference.domainKeysNofwsBody(body));
  const signature = sign("sha1", Buffer.from(text, "latin1"), key);
  const b = "b" in changes ? changes.b : fold(signature.toString("base64"));
  const last = b === undefined ? "" : `b=${b}`;
  return `DomainKey-Signature: ${formatTags(tags, changes)}${last}\n${message}`;
}

/** All but `b`, each on a line of its own that ends in a semicolon. */
function formatTags(tags: Tags, changes: Tags): string {
  return Object.entries(tags)
    .filter(([name, value]) =>
      name !== "b" && value !== undefined &&
      !(name in changes && changes[name] === undefined)
    )
    .map(([name, value]) => `${name}=${value};\n\t`)
    .join("");
}

function fold(base64: string): string {
  return base64.replace(/.{64}(?=.)/g, "$&\n\t");
}
