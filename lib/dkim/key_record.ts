// Key records (RFC 6376 section 3.6.1, RFC 8463 section 4, RFC 4870 section 3.2.3): the tags of one
// TXT record, and the key in it. Refuses to know DNS, signatures, and which keys are too weak:
// each scheme judges by its own rules, and has its own letters.

import { decodeBase64 } from "../message/base64.ts";
import { parseTagList, unfold } from "../message/tag_list.ts";
import {
  BIT_STRING,
  bitLength,
  DerReader,
  encodeRsaPublicKey,
  RSA_ENCRYPTION,
  SEQUENCE,
} from "./der.ts";

/** An RSA key to verify with. */
export interface RsaPublicKey {
  type: "rsa";
  /** The length of the modulus in bits, up to 8192. */
  bits: number;
  /** SubjectPublicKeyInfo in DER, as `importKey("spki", ...)` takes it. */
  spki: Uint8Array<ArrayBuffer>;
  /** The modulus, a DER INTEGER without tag and length. */
  modulus: Uint8Array<ArrayBuffer>;
  /** The public exponent, likewise, of up to 8 octets. */
  publicExponent: Uint8Array<ArrayBuffer>;
}

/** An Ed25519 key to verify with. */
export interface Ed25519PublicKey {
  type: "ed25519";
  bits: 256;
  /** The 32 octets that `importKey("raw", ...)` takes. */
  raw: Uint8Array<ArrayBuffer>;
}

/** A key to verify with. */
export type PublicKey = RsaPublicKey | Ed25519PublicKey;

/** A record with a key in it, and what the key is for. */
export interface KeyRecord {
  outcome: "key";
  key: PublicKey;
  /** `h=`, the hashes allowed; `undefined` for all. */
  hashes: string[] | undefined;
  /** `s=` allows mail. */
  forEmail: boolean;
  /** `g=`, for {@linkcode matchesGranularity}. */
  granularity: string;
  /** `t=y`: a bad signature is no worse than none. */
  testing: boolean;
  /** `t=s`: the domain of `i=` has to be `d=` itself. */
  sameDomain: boolean;
}

/** Why a record is of no use, the best first: of several records the best one counts. */
const USELESS = [
  /** `p=` is empty. */
  "revoked",
  /** `p=` is no key of its type, or one that is too long. */
  "unusable",
  /** `k=` is neither rsa nor ed25519. */
  "unknown type",
  /** There is no `p=`. */
  "no key",
  /** There is no tag list, or its `v=` is not the first tag, or not DKIM1. */
  "malformed",
] as const;

/** A record that is of no use. */
export interface UselessKeyRecord {
  outcome: typeof USELESS[number];
}

const MAX_RSA_BITS = 8192;

/** Longer exponents cost whoever verifies too much, and nobody has them. */
const MAX_EXPONENT_OCTETS = 8;

const ED25519_OCTETS = 32;

/** Where DNS has the key of a signature (RFC 6376 section 3.6.2.1). */
export function keyRecordName(
  { selector, domain }: { selector: string; domain: string },
): string {
  return `${selector}._domainkey.${domain}`;
}

/** What DomainKeys does not mind (RFC 4870 section 3.2.3 has neither `v=` nor another type than rsa). */
export interface KeyRecordLeniency {
  /** Take the key for RSA, whatever `v=` and `k=` are. */
  anyType?: boolean;
}

/** @param text The strings of one TXT record, joined: an octet string. */
export function parseKeyRecord(
  text: string,
  { anyType = false }: KeyRecordLeniency = {},
): KeyRecord | UselessKeyRecord {
  const tags = parseTagList(text);
  if (tags === undefined) return { outcome: "malformed" };
  const value = (name: string): string | undefined => tags.get(name)?.value;
  const list = (name: string): string[] | undefined => {
    const items = value(name);
    return items === undefined ? undefined : unfold(items).split(":");
  };

  const data = value("p");
  if (data === undefined) return { outcome: "no key" };
  const [firstTag] = tags.keys();
  if (
    !anyType && tags.has("v") && (firstTag !== "v" || value("v") !== "DKIM1")
  ) {
    return { outcome: "malformed" };
  }
  const type = anyType ? "rsa" : value("k") ?? "rsa";
  if (type !== "rsa" && type !== "ed25519") return { outcome: "unknown type" };
  if (data === "") return { outcome: "revoked" };
  const octets = decodeBase64(data);
  const key = octets &&
    (type === "rsa" ? parseRsaKey(octets) : parseEd25519Key(octets));
  if (key === undefined) return { outcome: "unusable" };

  const services = list("s") ?? ["*"];
  const flags = list("t") ?? [];
  return {
    outcome: "key",
    key,
    hashes: list("h"),
    forEmail: services.includes("*") || services.includes("email"),
    granularity: value("g") ?? "*",
    testing: flags.includes("y"),
    sameDomain: flags.includes("s"),
  };
}

/** Of several records the one with a key, whatever order DNS gives them in; without one, the best of the others. */
export function chooseKeyRecord(
  records: string[],
  leniency?: KeyRecordLeniency,
): KeyRecord | UselessKeyRecord {
  const parsed = records.map((record) => parseKeyRecord(record, leniency));
  for (const outcome of ["key", ...USELESS]) {
    const record = parsed.find((record) => record.outcome === outcome);
    if (record !== undefined) return record;
  }
  return { outcome: "no key" };
}

/**
 * Tells whether `g=` allows a local part; each `*` in it stands for any run of octets. An empty one
 * allows nobody, in DomainKeys too, where RFC 4870 section 3.2.3 takes it for no limit.
 */
export function matchesGranularity(
  granularity: string,
  localPart: string,
): boolean {
  if (granularity === "") return false;
  const [start = "", ...parts] = granularity.split("*");
  const end = parts.pop();
  if (end === undefined) return localPart === granularity;
  if (!localPart.startsWith(start)) return false;
  let at = start.length;
  for (const part of parts) {
    const found = localPart.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at + end.length <= localPart.length && localPart.endsWith(end);
}

function parseRsaKey(der: Uint8Array<ArrayBuffer>): RsaPublicKey | undefined {
  const numbers = new DerReader(takeWhole(unwrap(der) ?? der));
  const modulus = numbers.takeInteger();
  const publicExponent = numbers.takeInteger();
  if (
    modulus === undefined || publicExponent === undefined ||
    numbers.next !== undefined || bitLength(modulus) > MAX_RSA_BITS ||
    !isExponent(publicExponent)
  ) return undefined;
  return {
    type: "rsa",
    bits: bitLength(modulus),
    spki: encodeRsaPublicKey(modulus, publicExponent),
    modulus,
    publicExponent,
  };
}

/** Odd and at least 3 (RFC 8017 section 3.1): with 1, anybody could sign. */
function isExponent(octets: Uint8Array): boolean {
  const last = octets.at(-1)!;
  return octets.length <= MAX_EXPONENT_OCTETS && last % 2 === 1 &&
    (octets.length > 1 || last > 1);
}

/** The RSAPublicKey in a SubjectPublicKeyInfo; `undefined` for what is none, an RSAPublicKey perhaps. */
function unwrap(
  der: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> | undefined {
  const info = new DerReader(takeWhole(der));
  const algorithm = info.take(SEQUENCE)?.toHex();
  const bits = info.take(BIT_STRING);
  const fits = algorithm === RSA_ENCRYPTION && info.next === undefined;
  // The first octet counts the bits that the last one has too many.
  return fits && bits?.[0] === 0 ? bits.subarray(1) : undefined;
}

/** The content of a SEQUENCE behind which nothing follows; empty for anything else. */
function takeWhole(der: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const reader = new DerReader(der);
  const content = reader.take(SEQUENCE);
  return content !== undefined && reader.next === undefined
    ? content
    : new Uint8Array(0);
}

function parseEd25519Key(
  raw: Uint8Array<ArrayBuffer>,
): Ed25519PublicKey | undefined {
  return raw.length === ED25519_OCTETS
    ? { type: "ed25519", bits: 256, raw }
    : undefined;
}
