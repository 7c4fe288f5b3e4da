// Where private keys come from, as types alone.

import type { PrivateKey } from "../keys/private_key.ts";

/** A private key that was found for a domain. */
export interface FoundKey {
  key: PrivateKey;
  /** `d=`: the domain asked for, or the parent whose key it is. */
  domain: string;
  /** `s=`, the last component of the path, or the name that a link there has for it. */
  selector: string;
}

/** Looks private keys up. */
export interface KeyStore {
  /**
   * @param pattern A path in which `%` stands for the domain.
   * @returns The key of the domain or of its nearest parent, `undefined` when none of them has one.
   * @throws If a key is there and cannot be used.
   */
  find(pattern: string, domain: string): FoundKey | undefined;
  /** The paths of keys that were found and that everybody can read. */
  exposed?(): string[];
}
