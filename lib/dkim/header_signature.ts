// Verifies the signature of a header by one key (RFC 6376 section 6.1.3, RFC 8301, RFC 8463). Knows no
// field and no body.

import type {
  Ed25519PublicKey,
  KeyUse,
  PublicKey,
  RsaPublicKey,
} from "../keys/key_record.ts";
import type { Crypto, HashName } from "../ports/crypto.ts";
import type { Finding } from "../ports/verifying.ts";
import type { DkimAlgorithm } from "./signature_tags.ts";
import type { DkimStatus } from "./status.ts";

/** A signature, and how it was made. */
export interface HeaderSignature {
  algorithm: DkimAlgorithm;
  signature: Uint8Array;
}

/** The part of a key that verifying needs. The public half of a private key has it too. */
export type SignatureKey =
  | Ed25519PublicKey
  | Pick<RsaPublicKey, "type" | "modulus" | "publicExponent">;

/** Gives the hash of a signature's algorithm. */
export function hashOf({ algorithm }: { algorithm: DkimAlgorithm }): HashName {
  return algorithm === "rsa-sha1" ? "SHA-1" : "SHA-256";
}

/** Gives the use of a key that a signature needs. */
export function useOf({ algorithm }: { algorithm: DkimAlgorithm }): KeyUse {
  const [type, hash] = algorithm.split("-");
  return { type, hash } as KeyUse;
}

/** Finds a key that is too weak to prove anything. */
export function findWeakness(
  key: PublicKey,
  minRsaBits: number,
): Finding<DkimStatus> | undefined {
  return key.type === "rsa" && key.bits < minRsaBits
    ? {
      status: "publicKeyInvalid",
      result: "policy",
      detail: `the key has ${key.bits} bits`,
    }
    : undefined;
}

/**
 * Finds the fault of a signature.
 *
 * @param header The octets that are signed.
 */
export async function findBadSignature(
  key: SignatureKey,
  signed: HeaderSignature,
  header: Uint8Array,
  crypto: Crypto,
): Promise<Finding<DkimStatus> | undefined> {
  const { signature } = signed;
  const hash = hashOf(signed);
  const digest = crypto.hash(hash);
  digest.push(header);
  const octets = await digest.end();
  if (key.type === "ed25519") {
    const isGood = await crypto.verifyEd25519(key.raw, octets, signature);
    return isGood ? undefined : { status: "badSignature" };
  }
  if (
    signature.length !== key.modulus.length - (key.modulus[0] === 0 ? 1 : 0)
  ) {
    return { status: "fail", detail: "b= is not as long as the key" };
  }
  return crypto.verifyRsa(key, hash, octets, signature)
    ? undefined
    : { status: "badSignature" };
}
