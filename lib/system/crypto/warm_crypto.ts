// Hashing, signing and verifying for a process with many messages: libcrypto, which is quicker here, on
// this thread. What it does not know is done as one-shot programs do it, and everything is if it is missing.

import type { PrivateKey } from "../../keys/private_key.ts";
import { verifyRsa } from "../../keys/rsa.ts";
import { UnusableKey } from "../../keys/unusable_key.ts";
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
    signer(key, hash) {
      try {
        return afterTrial(library.signer(key, hash), tryOnce(key, hash));
      } catch (error) {
        if (!(error instanceof UnusableKey)) throw error;
        // Its reason is in the words of one-shot programs.
        return systemCrypto.signer(key, hash);
      }
    },
    // The library takes no number of every size: what it refuses is refused by the same sum in the end.
    verifyRsa: (...question) =>
      library.verifyRsa(...question) || verifyRsa(...question),
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
