// Hashing and signing for a process with many messages: libcrypto, which is quicker here, on this thread;
// WebCrypto for Ed25519, and for everything if there is no libcrypto.

import type { PrivateKey } from "../../keys/private_key.ts";
import type { Crypto, Digest, HashName } from "../../ports/crypto.ts";
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
  const trials = new WeakMap<PrivateKey, Promise<unknown>>();
  const tryOnce = (key: PrivateKey, hash: HashName) => {
    const trial = trials.get(key) ?? systemCrypto.signer(key, hash).end();
    // Awaited when a message has ended; until then a bad key is no unhandled rejection.
    trial.catch(() => {});
    trials.set(key, trial);
    return trial;
  };
  const crypto: Crypto = {
    ...systemCrypto,
    hash: (name) => library.hash(name),
    signer: (key, hash) =>
      key.type === "rsa"
        ? afterTrial(library.signer(key, hash), tryOnce(key, hash))
        : systemCrypto.signer(key, hash),
  };
  return { crypto, name: library.path };
}

/** With a key whose numbers do not belong together libcrypto signs what nobody can verify; WebCrypto refuses it. */
function afterTrial(digest: Digest, trial: Promise<unknown>): Digest {
  return {
    push: digest.push,
    end: async () => {
      await trial;
      return await digest.end();
    },
  };
}
