// Private keys to sign with (RFC 6376 section 3.3, RFC 8463): PEM (RFC 7468) that
// holds PKCS#8 (RFC 5958) or PKCS#1 (RFC 8017 appendix A.1.2). Refuses to know
// files and passphrases, and whether the numbers of a key fit each other.

import {
  bitLength,
  DerReader,
  encodeDer,
  encodeRsaPublicKey,
  INTEGER,
  OCTET_STRING,
  RSA_ENCRYPTION,
  SEQUENCE,
} from "./der.ts";

/** An RSA key to sign with. */
export interface RsaPrivateKey {
  /** Its type. */
  type: "rsa";
  /** The length of the modulus in bits, 1024 to 8192. */
  bits: number;
  /** PrivateKeyInfo in DER, as `importKey("pkcs8", ...)` takes it. */
  pkcs8: Uint8Array<ArrayBuffer>;
  /** The modulus, a DER INTEGER without tag and length. */
  modulus: Uint8Array<ArrayBuffer>;
  /** The public exponent, a DER INTEGER without tag and length. */
  publicExponent: Uint8Array<ArrayBuffer>;
}

/** An Ed25519 key to sign with. Its public half needs the curve: WebCrypto derives it. */
export interface Ed25519PrivateKey {
  /** Its type. */
  type: "ed25519";
  /** Its length, which is always the same. */
  bits: 256;
  /** PrivateKeyInfo in DER, as `importKey("pkcs8", ...)` takes it. */
  pkcs8: Uint8Array<ArrayBuffer>;
}

/** A key to sign with; its type decides the algorithm. */
export type PrivateKey = RsaPrivateKey | Ed25519PrivateKey;

const MIN_BITS = 1024;
const MAX_BITS = 8192;

const ATTRIBUTES = 0xa0;
const PUBLIC_KEY = 0x81;

// The content of an AlgorithmIdentifier: id-Ed25519.
const ED25519 = "06032b6570";

/**
 * Reads the first PEM block of a key file; text around the block is skipped.
 *
 * @param pem The text of the file.
 * @returns The key, its DER walked to the last byte.
 * @throws {SyntaxError} If there is no whole, unencrypted RSA or Ed25519 key, or
 * the RSA key has under 1024 or over 8192 bits. No part of the key is quoted.
 */
export function parsePrivateKey(pem: string): PrivateKey {
  if (pem.trim() === "") {
    throw new SyntaxError(
      "Cannot parse the private key: it is empty, make one with dknewkey",
    );
  }
  const begin = /^\uFEFF?-----BEGIN ([A-Z0-9 ]+)-----/m.exec(pem);
  if (begin === null) {
    throw new SyntaxError(
      'Cannot parse the private key: it has no line "-----BEGIN PRIVATE KEY-----", give a key in PEM',
    );
  }
  const [beginLine, label = ""] = begin;
  if (label === "ENCRYPTED PRIVATE KEY") throw encrypted();
  if (label !== "PRIVATE KEY" && label !== "RSA PRIVATE KEY") {
    throw new SyntaxError(
      `Cannot sign with "${label}": give an RSA or Ed25519 key in a block "PRIVATE KEY" or "RSA PRIVATE KEY"`,
    );
  }
  const endLine = `-----END ${label}-----`;
  const end = pem.indexOf(endLine, begin.index);
  if (end === -1) throw damaged(`its line "${endLine}" is missing`);
  const body = pem.slice(begin.index + beginLine.length, end);
  if (/^Proc-Type:.*ENCRYPTED/m.test(body)) throw encrypted();
  const der = decodeBase64(body);
  return label === "PRIVATE KEY" ? parsePkcs8(der) : parsePkcs1(der);
}

/**
 * Builds the public half of an RSA key, for `p=` of its DNS record
 * (RFC 6376 section 3.6.1).
 *
 * @param key An RSA key of {@linkcode parsePrivateKey}.
 * @returns SubjectPublicKeyInfo in DER.
 */
export function publicKeyInfo(key: RsaPrivateKey): Uint8Array<ArrayBuffer> {
  return encodeRsaPublicKey(key.modulus, key.publicExponent);
}

function parsePkcs8(der: Uint8Array<ArrayBuffer>): PrivateKey {
  const outer = new DerReader(der);
  const info = new DerReader(need(outer.take(SEQUENCE)));
  needEnd(outer);
  const version = need(info.takeInteger()).toHex();
  if (version !== "00" && version !== "01") throw damagedDer();
  const algorithm = need(info.take(SEQUENCE)).toHex();
  const privateKey = need(info.take(OCTET_STRING));
  if (info.next === ATTRIBUTES) need(info.take(ATTRIBUTES));
  if (info.next === PUBLIC_KEY) need(info.take(PUBLIC_KEY));
  needEnd(info);

  if (algorithm === RSA_ENCRYPTION) return parsePkcs1(privateKey);
  if (algorithm !== ED25519) {
    throw new SyntaxError(
      "Cannot sign with this kind of key: it is neither RSA nor Ed25519, make one with dknewkey",
    );
  }
  const curveKey = new DerReader(privateKey);
  if (need(curveKey.take(OCTET_STRING)).length !== 32) throw damagedDer();
  needEnd(curveKey);
  return { type: "ed25519", bits: 256, pkcs8: wrap(ED25519, privateKey) };
}

function parsePkcs1(der: Uint8Array<ArrayBuffer>): RsaPrivateKey {
  const outer = new DerReader(der);
  const key = new DerReader(need(outer.take(SEQUENCE)));
  needEnd(outer);
  const version = need(key.takeInteger());
  if (version.toHex() === "01") {
    throw new SyntaxError(
      "Cannot sign with an RSA key of more than two primes: make one with dknewkey",
    );
  }
  const modulus = need(key.takeInteger());
  const publicExponent = need(key.takeInteger());
  const others = Array.from({ length: 6 }, () => need(key.takeInteger()));
  needEnd(key);

  const bits = bitLength(modulus);
  if (bits < MIN_BITS) {
    throw new SyntaxError(
      `A key to sign with needs at least ${MIN_BITS} bits, this one has ${bits}`,
    );
  }
  if (bits > MAX_BITS) {
    throw new SyntaxError(
      `A key to sign with has at most ${MAX_BITS} bits, this one has ${bits}`,
    );
  }
  if (
    version.toHex() !== "00" ||
    [publicExponent, ...others].some((number) => number.length > modulus.length)
  ) {
    throw damagedDer();
  }
  return {
    type: "rsa",
    bits,
    pkcs8: wrap(RSA_ENCRYPTION, der),
    modulus,
    publicExponent,
  };
}

/** PrivateKeyInfo of version 0: the key alone, without attributes and public key. */
function wrap(algorithm: string, privateKey: Uint8Array) {
  return encodeDer(
    SEQUENCE,
    encodeDer(INTEGER, Uint8Array.of(0)),
    encodeDer(SEQUENCE, Uint8Array.fromHex(algorithm)),
    encodeDer(OCTET_STRING, privateKey),
  );
}

/** An element that has to be there, and whole. */
function need<Element>(element: Element | undefined): Element {
  if (element === undefined) throw damagedDer();
  return element;
}

function needEnd(reader: DerReader): void {
  if (reader.next !== undefined) throw damaged("bytes follow its end");
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.fromBase64(text);
  } catch {
    throw damaged("its base64 is cut short or garbled");
  }
}

function encrypted(): SyntaxError {
  return new SyntaxError(
    'Cannot use an encrypted private key: take the passphrase off with "openssl pkey"',
  );
}

function damaged(how: string): SyntaxError {
  return new SyntaxError(
    `Cannot parse the private key: ${how}, restore the file`,
  );
}

function damagedDer(): SyntaxError {
  return damaged("its DER is cut short or garbled");
}
