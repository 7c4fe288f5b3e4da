// Private keys to sign with (RFC 6376 section 3.3, RFC 8463): PEM (RFC 7468) that
// holds PKCS#8 (RFC 5958) or PKCS#1 (RFC 8017 appendix A.1.2). Refuses to know
// files and passphrases, and whether the numbers of a key fit each other.

/** An RSA key to sign with. */
export interface RsaPrivateKey {
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
  type: "ed25519";
  bits: 256;
  /** PrivateKeyInfo in DER, as `importKey("pkcs8", ...)` takes it. */
  pkcs8: Uint8Array<ArrayBuffer>;
}

/** A key to sign with; its type decides the algorithm. */
export type PrivateKey = RsaPrivateKey | Ed25519PrivateKey;

const MIN_BITS = 1024;
const MAX_BITS = 8192;

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const SEQUENCE = 0x30;
const ATTRIBUTES = 0xa0;
const PUBLIC_KEY = 0x81;

// The content of an AlgorithmIdentifier: rsaEncryption with NULL, and id-Ed25519.
const RSA = "06092a864886f70d0101010500";
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
  const publicKey = encode(
    SEQUENCE,
    encode(INTEGER, key.modulus),
    encode(INTEGER, key.publicExponent),
  );
  return encode(
    SEQUENCE,
    encode(SEQUENCE, Uint8Array.fromHex(RSA)),
    encode(BIT_STRING, Uint8Array.of(0), publicKey),
  );
}

function parsePkcs8(der: Uint8Array<ArrayBuffer>): PrivateKey {
  const outer = new DerReader(der);
  const info = new DerReader(outer.take(SEQUENCE));
  outer.end();
  if (!["00", "01"].includes(info.takeInteger().toHex())) throw damagedDer();
  const algorithm = info.take(SEQUENCE).toHex();
  const privateKey = info.take(OCTET_STRING);
  if (info.next === ATTRIBUTES) info.take(ATTRIBUTES);
  if (info.next === PUBLIC_KEY) info.take(PUBLIC_KEY);
  info.end();

  if (algorithm === RSA) return parsePkcs1(privateKey);
  if (algorithm !== ED25519) {
    throw new SyntaxError(
      "Cannot sign with this kind of key: it is neither RSA nor Ed25519, make one with dknewkey",
    );
  }
  const curveKey = new DerReader(privateKey);
  if (curveKey.take(OCTET_STRING).length !== 32) throw damagedDer();
  curveKey.end();
  return { type: "ed25519", bits: 256, pkcs8: wrap(ED25519, privateKey) };
}

function parsePkcs1(der: Uint8Array<ArrayBuffer>): RsaPrivateKey {
  const outer = new DerReader(der);
  const key = new DerReader(outer.take(SEQUENCE));
  outer.end();
  const version = key.takeInteger();
  if (version.toHex() === "01") {
    throw new SyntaxError(
      "Cannot sign with an RSA key of more than two primes: make one with dknewkey",
    );
  }
  const modulus = key.takeInteger();
  const publicExponent = key.takeInteger();
  const others = Array.from({ length: 6 }, () => key.takeInteger());
  key.end();

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
  return { type: "rsa", bits, pkcs8: wrap(RSA, der), modulus, publicExponent };
}

/** PrivateKeyInfo of version 0: the key alone, without attributes and public key. */
function wrap(algorithm: string, privateKey: Uint8Array) {
  return encode(
    SEQUENCE,
    encode(INTEGER, Uint8Array.of(0)),
    encode(SEQUENCE, Uint8Array.fromHex(algorithm)),
    encode(OCTET_STRING, privateKey),
  );
}

/** One DER element of less than 64 KiB. */
function encode(tag: number, ...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = length < 0x80
    ? [tag, length]
    : length < 0x100
    ? [tag, 0x81, length]
    : [tag, 0x82, length >> 8, length & 0xff];
  const element = new Uint8Array(head.length + length);
  element.set(head);
  let at = head.length;
  for (const part of parts) {
    element.set(part, at);
    at += part.length;
  }
  return element;
}

/** Walks the elements of one level of DER, each length held against what is there. */
class DerReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  /** The tag of the next element, undefined behind the last. */
  get next(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** The content of the next element, which must have this tag. */
  take(tag: number): Uint8Array<ArrayBuffer> {
    if (this.next !== tag) throw damagedDer();
    let start = this.#at + 2;
    let length = this.#bytes[this.#at + 1] ?? 0;
    if (length >= 0x80) {
      const octets = this.#bytes.subarray(start, start += length - 0x80);
      length = octets.reduce((sum, octet) => sum * 0x100 + octet, 0);
      // DER has one way to write a length: the shortest, never indefinite.
      if (length < 0x80 || octets[0] === 0) throw damagedDer();
    }
    this.#at = start + length;
    if (this.#at > this.#bytes.length) throw damagedDer();
    return this.#bytes.subarray(start, this.#at);
  }

  /** The content of the next element, an INTEGER that is not negative. */
  takeInteger(): Uint8Array<ArrayBuffer> {
    const content = this.take(INTEGER);
    const [first = 0x80, second = 0x80] = content;
    if (first >= 0x80 || (first === 0 && second < 0x80)) throw damagedDer();
    return content;
  }

  /** Nothing may follow. */
  end(): void {
    if (this.next !== undefined) throw damaged("bytes follow its end");
  }
}

function bitLength(integer: Uint8Array): number {
  return integer.length * 8 - (Math.clz32(integer[0] ?? 0) - 24);
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
