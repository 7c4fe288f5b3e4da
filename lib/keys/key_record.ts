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
  RSA_WITHOUT_NULL,
  SEQUENCE,
} from "./der.ts";
import { isOfSmallOrder } from "./ed25519.ts";

/** An RSA key to verify with. */
export interface RsaPublicKey {
  /** Its type. */
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
  /** Its type. */
  type: "ed25519";
  /** Its length, which is always the same. */
  bits: 256;
  /** The 32 octets that `importKey("raw", ...)` takes. */
  raw: Uint8Array<ArrayBuffer>;
}

/** A key to verify with. */
export type PublicKey = RsaPublicKey | Ed25519PublicKey;

/** A record with a key in it, and what the key is for. */
export interface KeyRecord {
  /** Tells it from a record without a key. */
  outcome: "key";
  /** `p=` */
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

/** Why a record gives no key, the mildest first: of several such records the mildest counts. */
export const KEY_RECORD_FAULTS = [
  /** `p=` is empty. */
  "revoked",
  /** `p=` is no key of its type, or one that is too long. */
  "unusable",
  /** `k=` is neither rsa nor ed25519. */
  "unknown type",
  /** There is no `p=`. */
  "no key",
  /** There is no tag list, or its `v=` is not DKIM1. */
  "malformed",
] as const;

/** A record that gives no key. */
export interface InvalidKeyRecord {
  /** Why. */
  outcome: typeof KEY_RECORD_FAULTS[number];
}

const MAX_RSA_BITS = 8192;

/** A longer exponent makes verifying expensive. No real key has one. */
const MAX_EXPONENT_OCTETS = 8;

const ED25519_OCTETS = 32;

/** Where DNS has the key of a signature (RFC 6376 section 3.6.2.1). */
export function keyRecordName(
  { selector, domain }: { selector: string; domain: string },
): string {
  return `${selector}._domainkey.${domain}`;
}

/** How old a record may be. */
export interface KeyRecordLeniency {
  /**
   * Without `v=` it is one of RFC 4870 section 3.2.3: the key is RSA, whatever `k=` is, and `h=` and
   * `s=` say nothing.
   */
  beforeDkim?: boolean;
}

/**
 * Reads a key record (RFC 6376 section 3.6.1).
 *
 * @param text The strings of one TXT record, joined: an octet string.
 */
export function parseKeyRecord(
  text: string,
  { beforeDkim = false }: KeyRecordLeniency = {},
): KeyRecord | InvalidKeyRecord {
  const tags = parseTagList(text);
  if (tags === undefined) return { outcome: "malformed" };
  const value = (name: string): string | undefined => tags.get(name)?.value;
  const isOld = beforeDkim && !tags.has("v");
  const list = (name: string): string[] | undefined => {
    const items = value(name);
    return items === undefined
      ? undefined
      : unfold(items).toLowerCase().split(":");
  };

  const data = value("p");
  if (data === undefined) return { outcome: "no key" };
  if ((value("v") ?? "DKIM1") !== "DKIM1") return { outcome: "malformed" };
  const type = isOld ? "rsa" : (value("k") ?? "rsa").toLowerCase();
  if (type !== "rsa" && type !== "ed25519") return { outcome: "unknown type" };
  if (data === "") return { outcome: "revoked" };
  const octets = decodeBase64(data);
  const key = octets &&
    (type === "rsa" ? parseRsaKey(octets) : parseEd25519Key(octets));
  if (key === undefined) return { outcome: "unusable" };

  const services = isOld ? ["*"] : list("s") ?? ["*"];
  const flags = list("t") ?? [];
  return {
    outcome: "key",
    key,
    hashes: isOld ? undefined : list("h"),
    forEmail: services.includes("*") || services.includes("email"),
    granularity: value("g") ?? "*",
    testing: flags.includes("y"),
    sameDomain: flags.includes("s"),
  };
}

/**
 * Chooses among several records: the first with a key, else the one with the mildest fault. The order
 * in which DNS gives them does not matter otherwise.
 */
export function chooseKeyRecord(
  records: string[],
  leniency?: KeyRecordLeniency,
): KeyRecord | InvalidKeyRecord {
  const parsed = records.map((record) => parseKeyRecord(record, leniency));
  for (const outcome of ["key", ...KEY_RECORD_FAULTS]) {
    const record = parsed.find((record) => record.outcome === outcome);
    if (record !== undefined) return record;
  }
  return { outcome: "no key" };
}

/** What a signature needs a key for. */
export interface KeyUse {
  type: PublicKey["type"];
  hash: "sha1" | "sha256";
}

/** No record has a key for the signature; the fault of the one that comes closest. */
export interface UnfitKeyRecord {
  outcome: InvalidKeyRecord["outcome"] | "not for mail" | "other algorithm";
}

/** More keys of one selector are not tried: each one costs a verification. */
const MAX_KEYS = 4;

/**
 * The records of one selector whose key may have made a signature, in their order: those that are
 * for another use are skipped, and four are enough.
 */
export function fittingKeyRecords(
  records: string[],
  use: KeyUse,
  leniency?: KeyRecordLeniency,
): KeyRecord[] | UnfitKeyRecord {
  const keys = records.map((record) => parseKeyRecord(record, leniency))
    .filter((record) => record.outcome === "key");
  const fitting = keys.filter((record) => findMisfit(record, use) === undefined)
    .slice(0, MAX_KEYS);
  if (fitting.length > 0) return fitting;
  const outcome = keys[0] && findMisfit(keys[0], use);
  if (outcome !== undefined) return { outcome };
  const useless = chooseKeyRecord(records, leniency);
  return useless.outcome === "key" ? [useless] : useless;
}

function findMisfit(
  { key, hashes, forEmail }: KeyRecord,
  use: KeyUse,
): "not for mail" | "other algorithm" | undefined {
  if (!forEmail) return "not for mail";
  const fits = key.type === use.type && (hashes?.includes(use.hash) ?? true);
  return fits ? undefined : "other algorithm";
}

function parseRsaKey(der: Uint8Array<ArrayBuffer>): RsaPublicKey | undefined {
  const numbers = new DerReader(takeSequence(unwrap(der) ?? der));
  const modulus = numbers.takeUnsigned();
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
  const info = new DerReader(takeSequence(der));
  const algorithm = info.take(SEQUENCE)?.toHex();
  const bits = info.take(BIT_STRING);
  const fits =
    (algorithm === RSA_ENCRYPTION || algorithm === RSA_WITHOUT_NULL) &&
    info.next === undefined;
  // The first octet counts the bits that the last one has too many.
  return fits && bits?.[0] === 0 ? bits.subarray(1) : undefined;
}

/** The content of a SEQUENCE, empty for anything else. What follows it is not read: some tools leave octets there. */
function takeSequence(der: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new DerReader(der).take(SEQUENCE) ?? new Uint8Array(0);
}

/** A point of small order is nobody's key: there are signatures by it that nobody made. */
function parseEd25519Key(
  raw: Uint8Array<ArrayBuffer>,
): Ed25519PublicKey | undefined {
  return raw.length === ED25519_OCTETS && !isOfSmallOrder(raw)
    ? { type: "ed25519", bits: 256, raw }
    : undefined;
}
