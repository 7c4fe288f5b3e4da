// Messages signed by hand, and a verifying pass over them: node:crypto and the reference's
// canonicalizations, nothing of what is to be proved. Any tag may be put, changed or left out.

import { assertEquals } from "@std/assert";
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign,
} from "node:crypto";
import { encodeRsaPublicKey } from "../../lib/keys/der.ts";
import { toOctets } from "../../lib/message/octets.ts";
import {
  STRICT,
  type Verification,
  VerifyPass,
} from "../../lib/pass/verify_pass.ts";
import type { VerifyOptions } from "../../lib/ports/verifying.ts";
import type { Crypto } from "../../lib/ports/crypto.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import rsaKeys from "../vectors/rsa_keys.json" with { type: "json" };
import { feed } from "./laws.ts";
import {
  dkimHeader,
  dkimRelaxedBody,
  dkimSimpleBody,
  domainKeysHeader,
  domainKeysNofwsBody,
  domainKeysSimpleBody,
  fieldsOf,
  nofwsField,
  partsOf,
  relaxedField,
  simpleField,
} from "./reference.ts";
import { NOW } from "./signing.ts";
import { Zone, type ZoneEntry } from "./zone.ts";

/** RSA keys in PEM, by name: "1024 bits, exponent 3". */
export const RSA_KEYS = rsaKeys.keys;
/** The key that signs when nothing else is said. */
export const PEM = RSA_KEYS["1024 bits, exponent 65537"];

/** The key of RFC 8463 section A.2, in PKCS#8. */
export const ED25519_PEM = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----`;

/** Where the key of a signature is when nothing else is said. */
export const KEY_NAME = "default._domainkey.example.com";

/** An unsigned message. */
export const MESSAGE =
  "From: Alice <alice@example.com>\nTo: bob@example.net\nSubject: hello\n\nHello  Bob.\n\n";

/** The tags that are not as usual; `undefined` leaves one out. */
export type Tags = Record<string, string | undefined>;

/** `p=` for a key in PEM. */
export function publicKeyOf(pem: string, form: "spki" | "pkcs1" = "spki") {
  // Ed25519 keys go into a record without their wrapping (RFC 8463 section 4).
  const der = createPublicKey(pem).export({ type: form, format: "der" });
  return new Uint8Array(pem === ED25519_PEM ? der.subarray(-32) : der)
    .toBase64();
}

/** Puts a DKIM-Signature on top of a message. */
export function signDkim(
  message: string,
  changed: Tags = {},
  pem = PEM,
): string {
  const tags = { v: "1", ...changed };
  return `${formatSigned("DKIM-Signature", message, tags, pem)}\n${message}`;
}

/** A field that signs a message as DKIM does, whatever its name. */
export function formatSigned(
  name: string,
  message: string,
  changed: Tags,
  pem = PEM,
): string {
  const tags: Tags = {
    a: "rsa-sha256",
    c: "relaxed/relaxed",
    d: "example.com",
    s: "default",
    h: "From:To:Subject",
    ...changed,
  };
  const [headerForm, bodyForm] = tags["c"]?.toLowerCase().split("/") ?? [];
  const hash = tags["a"]?.endsWith("sha1") ? "sha1" : "sha256";
  const { header, body } = partsOf(message);
  const canonicalBody =
    (bodyForm === "relaxed" ? dkimRelaxedBody : dkimSimpleBody)(body);
  const length = Number(tags["l"] ?? canonicalBody.length);
  const field = {
    bh: createHash(hash).update(toOctets(canonicalBody.slice(0, length)))
      .digest("base64"),
    b: "",
    ...tags,
  };
  const canonicalize = headerForm === "relaxed" ? relaxedField : simpleField;
  const unsigned = write(name, { ...field, b: "" });
  const names = tags["h"]?.split(":") ?? [];
  const signed = dkimHeader(fieldsOf(header), names, canonicalize) +
    canonicalize(fieldsOf(unsigned.split("\n"))[0]!).slice(0, -2);
  const b = changed["b"] ?? signOctets(hash, toOctets(signed), pem);
  return write(name, { ...field, b });
}

/** Puts a DomainKey-Signature on top of a message. */
export function signDomainKeys(
  message: string,
  changed: Tags = {},
  pem = PEM,
): string {
  const tags: Tags = {
    a: "rsa-sha1",
    q: "dns",
    c: "nofws",
    d: "example.com",
    s: "default",
    h: "From:To:Subject",
    ...changed,
  };
  const { header, body } = partsOf(message);
  const fields = fieldsOf(header);
  const names = tags["h"]?.split(":") ?? fields.map(({ name }) => name);
  const [canonicalize, canonicalizeBody] = tags["c"] === "simple"
    ? [simpleField, domainKeysSimpleBody]
    : [nofwsField, domainKeysNofwsBody];
  const signed = domainKeysHeader(fields, names, canonicalize) +
    canonicalizeBody(body);
  const b = signOctets("sha1", toOctets(signed), pem);
  return write("DomainKey-Signature", { b, ...tags }) + "\n" + message;
}

/** A field of tags; those that are `undefined` are left out. */
export function write(name: string, tags: Tags): string {
  const given = Object.entries(tags).filter(([, value]) => value !== undefined);
  return `${name}: ${
    given.map(([tag, value]) => `${tag}=${value}`).join("; ")
  }`;
}

/** A signature of octets, in base64. */
export function signOctets(
  hash: string,
  octets: Uint8Array,
  pem: string,
): string {
  // RFC 8463 section 3: Ed25519 signs the SHA-256 of the header.
  const signature = pem === ED25519_PEM
    ? sign(null, createHash(hash).update(octets).digest(), pem)
    : sign(hash, octets, createPrivateKey(pem));
  return new Uint8Array(signature).toBase64();
}

/** How a message is verified, where it is not by default. */
export interface Verifying {
  zone?: Zone;
  options?: Partial<VerifyOptions>;
  now?: number;
  crypto?: Crypto;
}

/** A strict pass, at {@linkcode NOW}, in a zone with the record of {@linkcode PEM}. */
export function makeVerifyPass(
  { zone = makeZone(), options, now = NOW, crypto = systemCrypto }: Verifying =
    {},
): VerifyPass {
  return new VerifyPass({ ...STRICT, ...options }, {
    crypto,
    resolver: zone,
    now,
  });
}

/** The zone with the record of {@linkcode PEM}. */
export function makeZone(): Zone {
  return new Zone({ [KEY_NAME]: `v=DKIM1; p=${publicKeyOf(PEM)}` });
}

/** Verifies a message, an octet string or chunks whose buffers are used again at once. */
export async function verify(
  message: string | Iterable<Uint8Array>,
  verifying?: Verifying,
): Promise<Verification> {
  const chunks = typeof message === "string" ? [toOctets(message)] : message;
  return await feed(makeVerifyPass(verifying), chunks);
}

/** A verdict in one line, as tables hold it: "D fail (bad sig)", then the detail if there is one. */
export function brief(
  verdict: { letter: string; result: string; reason: string; detail?: string },
): string {
  const { letter, result, reason, detail } = verdict;
  const text = `${letter} ${result} (${reason})`;
  return detail === undefined ? text : `${text}: ${detail}`;
}

/** The record of {@linkcode PEM}, without `v=`. */
export const P = `p=${publicKeyOf(PEM)}`;

/** A DKIM signature: how it is made, what becomes of the message then, and who verifies it. */
export interface DkimRow {
  message?: string;
  tags?: Tags;
  pem?: string;
  /** A change to the signed message. */
  change?: (signed: string) => string;
  entry?: ZoneEntry;
  now?: number;
  options?: Partial<VerifyOptions>;
}

/** Signs and verifies; the verdict on the one signature, as {@linkcode brief} has it. */
export async function dkimVerdictOf(row: DkimRow): Promise<string> {
  const { message = MESSAGE, tags, pem, change } = row;
  const signed = signDkim(message, tags, pem);
  const { entry = `v=DKIM1; ${P}`, now = NOW, options = {} } = row;
  const { dkim, signatures } = await verify(change?.(signed) ?? signed, {
    zone: new Zone({ [KEY_NAME]: entry }),
    now,
    options,
  });
  assertEquals([dkim], signatures);
  return brief(dkim);
}

/** A row with a key of so many bits. */
export function ofBits(
  bits: 512 | 1000 | 1023 | 1024 | 1025 | 8192,
): Pick<DkimRow, "pem" | "entry"> {
  const pem = RSA_KEYS[`${bits} bits, exponent 65537`];
  return { pem, entry: `v=DKIM1; p=${publicKeyOf(pem)}` };
}

/** A record with 2^8192 + 1: that it is no product of two primes nobody looks at. */
export const RECORD_8193 = `v=DKIM1; p=${
  encodeRsaPublicKey(
    new Uint8Array(1025).fill(1, 0, 1).fill(1, 1024),
    Uint8Array.of(1, 0, 1),
  ).toBase64()
}`;

/** Puts another From on top of those there are. */
export function addFrom(text: string): string {
  return text.replace(/^From:/m, "From: eve@example.org\nFrom:");
}
