// Hashing and signing for a pass: WebCrypto for what is small, libcrypto for what is large, or
// node:crypto where there is none. WebCrypto takes one buffer and works on another thread; the
// others stream, and node:crypto costs 25 ms or more to load. Knows no message.

import type { PrivateKey } from "../../keys/private_key.ts";
import type { Crypto, Digest, HashName } from "../../ports/crypto.ts";
import { UnusableKey } from "../../keys/unusable_key.ts";
import { messageOf } from "../process/error_message.ts";
import { LibCrypto } from "./libcrypto.ts";

/** Up to this many bytes are small. */
const SMALL_BYTES = 4 << 20;

/** The hashing and signing of this machine. */
export const systemCrypto: Crypto = {
  hash(name: HashName): Digest {
    return new Buffered(
      (octets) => crypto.subtle.digest(name, octets),
      () => LibCrypto.open()?.hash(name) ?? nodeHash(name),
    );
  },
  signer(key: PrivateKey, hash: HashName): Digest {
    const imported = importKey(key, hash);
    // Awaited when the message has ended; until then a bad key is no unhandled rejection.
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

/** Keeps what is small for one call, and streams what is not. */
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
    // Without an await in front: what is small goes to another thread at once.
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

/** Loaded at once: one short chunk can release hundreds of megabytes of empty lines. */
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

/** Node has no hyphen in these names. */
function nodeName(name: HashName): string {
  return name.replace("-", "");
}

function streamSigner(key: PrivateKey, hash: HashName): Digest {
  try {
    return LibCrypto.open()?.signer(key, hash) ?? nodeSigner(key, hash);
  } catch (error) {
    if (!(error instanceof UnusableKey)) throw error;
    // When the message has ended, node:crypto says what is wrong with the key.
    return nodeSigner(key, hash);
  }
}

/** For RSA alone: what Ed25519 signs is a digest, and small. */
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
