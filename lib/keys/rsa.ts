// RSASSA-PKCS1-v1_5 verification (RFC 8017 section 8.2.2) of a digest, on big integers. WebCrypto
// takes no key over 4096 bits, and wants key and message together: here the body is hashed before
// DNS has answered. All input is public, so that the time it takes reveals nothing.

import { equalOctets } from "../message/octets.ts";

/** DigestInfo without the digest (RFC 8017 section 9.2, note 1). */
const DIGEST_INFO = {
  "SHA-1": "3021300906052b0e03021a05000414",
  "SHA-256": "3031300d060960864801650304020105000420",
} as const;

/** The numbers of an RSA key, big-endian. */
export interface RsaNumbers {
  modulus: Uint8Array;
  publicExponent: Uint8Array;
}

/** Tells whether this key has signed this digest. */
export function verifyRsa(
  { modulus, publicExponent }: RsaNumbers,
  hash: keyof typeof DIGEST_INFO,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const n = toInteger(modulus);
  const s = toInteger(signature);
  const digestInfo = DIGEST_INFO[hash] + digest.toHex();
  const octets = Math.ceil(n.toString(16).length / 2);
  const padding = octets - 3 - digestInfo.length / 2;
  if (signature.length !== octets || s >= n || padding < 8) return false;
  const expected = Uint8Array.fromHex(
    `0001${"ff".repeat(padding)}00${digestInfo}`,
  );
  const recovered = modPow(s, toInteger(publicExponent), n).toString(16)
    .padStart(2 * octets, "0");
  return equalOctets(Uint8Array.fromHex(recovered), expected);
}

function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let power = 1n;
  for (const bit of exponent.toString(2)) {
    power = power * power % modulus;
    if (bit === "1") power = power * base % modulus;
  }
  return power;
}

function toInteger(octets: Uint8Array): bigint {
  return octets.length === 0 ? 0n : BigInt(`0x${octets.toHex()}`);
}
