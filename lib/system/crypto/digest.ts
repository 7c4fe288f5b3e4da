// Hashing and signing for a pass. WebCrypto does small inputs: it takes one buffer, on another thread.
// libcrypto streams large ones, or else node:crypto, which takes 25 ms or more to load. Knows no
// message.

import type { PrivateKey } from "../../keys/private_key.ts";
import { verifyRsa } from "../../keys/rsa.ts";
import type { Crypto, Digest, HashName } from "../../ports/crypto.ts";
import { UnusableKey } from "../../keys/unusable_key.ts";
import { messageOf } from "../process/error_message.ts";
import { LibCrypto } from "./libcrypto.ts";

/** The largest input for WebCrypto. */
const SMALL_BYTES = 4 << 20;

/** The hashing, signing and verifying of this machine. */
export const systemCrypto: Crypto = {
  hash(name: HashName): Digest {
    return new Buffered(
      (octets) => crypto.subtle.digest(name, octets),
      () => LibCrypto.open()?.hash(name) ?? nodeHash(name),
    );
  },
  signer(key: PrivateKey, hash: HashName): Digest {
    const imported = importKey(key, hash);
    // It is awaited at the end of the message. Until then a bad key must not count as an unhandled rejection.
    imported.catch(() => {});
    return new Buffered(
      async (octets) => {
        try {
          const { algorithm } = await imported;
          return await crypto.subtle.sign(algorithm, await imported, octets);
        } catch (error) {
          throw unusableKey(error);
        }
      },
      () => streamSigner(key, hash),
    );
  },
  verifyRsa,
  async verifyEd25519(publicKey, octets, signature): Promise<boolean> {
    const key = await crypto.subtle.importKey(
      "raw",
      publicKey,
      "Ed25519",
      false,
      ["verify"],
    );
    return await crypto.subtle.verify(
      "Ed25519",
      key,
      signature.slice(),
      octets.slice(),
    );
  },
};

/** Keeps a small input for one call, and streams a large one. */
class Buffered implements Digest {
  #whole: (octets: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>;
  #openStream: () => Digest;
  #stream: Digest | undefined;
  #buffer = new Uint8Array(16 * 1024);
  #length = 0;

  constructor(
    whole: (octets: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>,
    openStream: () => Digest,
  ) {
    this.#whole = whole;
    this.#openStream = openStream;
  }

  push(run: Uint8Array): void {
    if (this.#stream !== undefined) return this.#stream.push(run);
    const length = this.#length + run.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(run, this.#length);
    this.#length = length;
    if (length > SMALL_BYTES) this.#open();
  }

  async end(): Promise<Uint8Array> {
    // Nothing is awaited before: a small input goes to another thread at once.
    return this.#stream !== undefined
      ? await this.#stream.end()
      : new Uint8Array(
        await this.#whole(this.#buffer.subarray(0, this.#length)),
      );
  }

  #open(): void {
    this.#stream = this.#openStream();
    this.#stream.push(this.#buffer.subarray(0, this.#length));
    this.#buffer = new Uint8Array(0);
  }
}

function importKey(key: PrivateKey, hash: HashName): Promise<CryptoKey> {
  const algorithm = key.type === "rsa"
    ? { name: "RSASSA-PKCS1-v1_5", hash }
    : { name: "Ed25519" };
  return crypto.subtle.importKey("pkcs8", key.pkcs8, algorithm, false, [
    "sign",
  ]);
}

/** Loads synchronously: one short chunk can release hundreds of megabytes of empty lines. */
function loadNode<Module>(name: string): Module {
  // Not every Deno has a type for it.
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: string): Module };
  };
  return process.getBuiltinModule(name);
}

function nodeCrypto() {
  return loadNode<typeof import("node:crypto")>("node:crypto");
}

function nodeHash(name: HashName): Digest {
  const { createHash } = nodeCrypto();
  const hash = createHash(nodeName(name));
  return {
    push: (run) => hash.update(run),
    end: () => Promise.resolve(new Uint8Array(hash.digest())),
  };
}

/** Writes a hash name for Node, which has no hyphen in it. */
function nodeName(name: HashName): string {
  return name.replace("-", "");
}

function streamSigner(key: PrivateKey, hash: HashName): Digest {
  try {
    return LibCrypto.open()?.signer(key, hash) ?? nodeSigner(key, hash);
  } catch (error) {
    if (!(error instanceof UnusableKey)) throw error;
    // node:crypto reports a bad key at the end of the message.
    return nodeSigner(key, hash);
  }
}

/** Signs a stream, with RSA alone: the input of Ed25519 is a digest, which is small. */
function nodeSigner({ pkcs8 }: PrivateKey, hash: HashName): Digest {
  const { createPrivateKey, createSign } = nodeCrypto();
  const { Buffer } = loadNode<typeof import("node:buffer")>("node:buffer");
  const signer = createSign(nodeName(hash));
  return {
    push: (run) => signer.update(run),
    end() {
      try {
        const der = Buffer.from(pkcs8);
        const key = createPrivateKey({
          key: der,
          format: "der",
          type: "pkcs8",
        });
        return Promise.resolve(new Uint8Array(signer.sign(key)));
      } catch (error) {
        throw unusableKey(error);
      }
    },
  };
}

function unusableKey(error: unknown): UnusableKey {
  return new UnusableKey(
    `Cannot sign with the private key: ${messageOf(error)}`,
  );
}
