// Hashing and signing for a process with many messages: libcrypto, which is quicker here, on this thread;
// WebCrypto for Ed25519, and for everything if there is no libcrypto.

import type { Crypto } from "../../ports/crypto.ts";
import { systemCrypto } from "./digest.ts";
import { LibCrypto } from "./libcrypto.ts";

/** What is used, and its name for the log. */
export interface WarmCrypto {
  crypto: Crypto;
  name: string;
}

/** Opens what this machine has. */
export function openWarmCrypto(): WarmCrypto {
  const library = LibCrypto.open();
  if (library === undefined) return { crypto: systemCrypto, name: "WebCrypto" };
  const crypto: Crypto = {
    ...systemCrypto,
    hash: (name) => library.hash(name),
    signer: (key, hash) =>
      key.type === "rsa"
        ? library.signer(key, hash)
        : systemCrypto.signer(key, hash),
  };
  return { crypto, name: library.path };
}
