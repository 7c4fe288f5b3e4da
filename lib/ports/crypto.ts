// Hashing, signing and verifying, as types alone. lib/system implements them; tests have their own.

import type { PrivateKey } from "../keys/private_key.ts";
import type { RsaNumbers } from "../keys/rsa.ts";

/** The hash functions that signatures name, as WebCrypto calls them. */
export type HashName = "SHA-1" | "SHA-256";

/** Turns a stream of octets into a digest or a signature, in bounded memory. */
export interface Digest {
  /** Takes the next octets; the run is only read during the call. */
  push(run: Uint8Array): void;
  /** Takes the end; to be called once. */
  end(): Promise<Uint8Array>;
}

/** The hashing, signing and verifying of a pass. */
export interface Crypto {
  hash(name: HashName): Digest;
  /**
   * RSASSA-PKCS1-v1_5 with the hash; Ed25519 signs the octets themselves. The end rejects with
   * UnusableKey when the key cannot sign.
   */
  signer(key: PrivateKey, hash: HashName): Digest;
  /** Tells whether this key has signed this digest, by RSASSA-PKCS1-v1_5. */
  verifyRsa(
    key: RsaNumbers,
    hash: HashName,
    digest: Uint8Array,
    signature: Uint8Array,
  ): boolean;
  /** @param publicKey 32 octets. */
  verifyEd25519(
    publicKey: Uint8Array<ArrayBuffer>,
    octets: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean>;
}
