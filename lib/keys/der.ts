// DER (X.690), as far as the keys of RFC 8017 appendix A.1 and RFC 5280 section 4.1 need it. Checks
// every length against the octets that are there, and refuses every form but the shortest. Knows no
// key.

import { joinOctets } from "../message/octets.ts";

export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const SEQUENCE = 0x30;

/** The content of an AlgorithmIdentifier, in hex: rsaEncryption with NULL. */
export const RSA_ENCRYPTION = "06092a864886f70d0101010500";
/** The same without its NULL, as some tools write it. */
export const RSA_WITHOUT_NULL = "06092a864886f70d010101";

/** One element of less than 64 KiB. */
export function encodeDer(
  tag: number,
  ...parts: Uint8Array[]
): Uint8Array<ArrayBuffer> {
  const content = joinOctets(parts);
  const { length } = content;
  const head = length < 0x80
    ? [tag, length]
    : length < 0x100
    ? [tag, 0x81, length]
    : [tag, 0x82, length >> 8, length & 0xff];
  return joinOctets([Uint8Array.from(head), content]);
}

/** SubjectPublicKeyInfo of an RSA key, its numbers as {@linkcode DerReader.takeInteger} gives them. */
export function encodeRsaPublicKey(
  modulus: Uint8Array,
  publicExponent: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const publicKey = encodeDer(
    SEQUENCE,
    encodeDer(INTEGER, modulus),
    encodeDer(INTEGER, publicExponent),
  );
  return encodeDer(
    SEQUENCE,
    encodeDer(SEQUENCE, Uint8Array.fromHex(RSA_ENCRYPTION)),
    encodeDer(BIT_STRING, Uint8Array.of(0), publicKey),
  );
}

/** The length in bits of an INTEGER that is not negative. */
export function bitLength(integer: Uint8Array): number {
  return integer.length * 8 - (Math.clz32(integer[0] ?? 0) - 24);
}

/** Walks the elements of one level. */
export class DerReader {
  readonly #octets: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(octets: Uint8Array<ArrayBuffer>) {
    this.#octets = octets;
  }

  /** The tag of the next element; `undefined` after the last one. */
  get next(): number | undefined {
    return this.#octets[this.#at];
  }

  /** Takes the content of the next element; `undefined` if it has another tag, is cut short or garbled. */
  take(tag: number): Uint8Array<ArrayBuffer> | undefined {
    if (this.next !== tag) return undefined;
    let start = this.#at + 2;
    let length = this.#octets[this.#at + 1] ?? 0;
    if (length >= 0x80) {
      const octets = this.#octets.subarray(start, start += length - 0x80);
      length = octets.reduce((sum, octet) => sum * 0x100 + octet, 0);
      // DER has one way to write a length: the shortest, never indefinite.
      if (length < 0x80 || octets[0] === 0) return undefined;
    }
    if (start + length > this.#octets.length) return undefined;
    this.#at = start + length;
    return this.#octets.subarray(start, this.#at);
  }

  /** The content of the next element, an INTEGER that is not negative. */
  takeInteger(): Uint8Array<ArrayBuffer> | undefined {
    const content = this.take(INTEGER);
    return content !== undefined && isNatural(content) ? content : undefined;
  }

  /** The same, of a number that cannot be negative: some tools leave out the zero that says so. */
  takeUnsigned(): Uint8Array<ArrayBuffer> | undefined {
    const content = this.take(INTEGER);
    if (content === undefined || isNatural(content)) return content;
    return (content[0] ?? 0) >= 0x80
      ? joinOctets([Uint8Array.of(0), content])
      : undefined;
  }
}

/** In the shortest form, as DER has it. */
function isNatural([first = 0x80, second = 0x80]: Uint8Array): boolean {
  return first < 0x80 && (first !== 0 || second >= 0x80);
}
