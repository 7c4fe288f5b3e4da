// Hashing and signing for a pass. WebCrypto does small inputs: it takes one buffer, on another thread.
// libcrypto streams larger ones, or else node:crypto, which takes 25 ms or more to load. Knows no
// message.

import { joinOctets } from "../../message/octets.ts";
import type { PrivateKey } from "../../keys/private_key.ts";
import { verifyRsa } from "../../keys/rsa.ts";
import type { Crypto, Digest, HashName } from "../../ports/crypto.ts";
import { UnusableKey } from "../../keys/unusable_key.ts";
import { messageOf } from "../process/error_message.ts";
import { LibCrypto } from "./libcrypto.ts";

/** Larger inputs are for libcrypto, which takes 4 ms to load, and half of the memory. */
const SMALL_BYTES = 2 << 20;

/** The largest input for WebCrypto where there is no libcrypto. */
const MIDDLE_BYTES = 4 << 20;

const FIRST_BLOCK_BYTES = 16 << 10;
const BLOCK_BYTES = 256 << 10;

/** The hashing, signing and verifying of this machine. */
export const systemCrypto: Crypto = {
  hash(name: HashName): Digest {
    return new Buffered(
      (octets) => crypto.subtle.digest(name, octets),
      () => LibCrypto.open()?.hash(name),
      () => nodeHash(name),
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
      () => libCryptoSigner(key, hash),
      () => nodeSigner(key, hash),
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
  #openLibCrypto: (() => Digest | undefined) | undefined;
  #openNode: () => Digest;
  #stream: Digest | undefined;
  /** Full ones, and the one that is being filled. */
  #blocks: Uint8Array[] = [];
  #block = new Uint8Array(FIRST_BLOCK_BYTES);
  #filled = 0;
  #length = 0;

  constructor(
    whole: (octets: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>,
    openLibCrypto: () => Digest | undefined,
    openNode: () => Digest,
  ) {
    this.#whole = whole;
    this.#openLibCrypto = openLibCrypto;
    this.#openNode = openNode;
  }

  push(run: Uint8Array): void {
    if (this.#stream !== undefined) return this.#stream.push(run);
    for (let rest = run; rest.length > 0;) {
      if (this.#filled === this.#block.length) this.#nextBlock();
      const part = rest.subarray(0, this.#block.length - this.#filled);
      this.#block.set(part, this.#filled);
      this.#filled += part.length;
      rest = rest.subarray(part.length);
    }
    this.#length += run.length;
    if (this.#length > SMALL_BYTES) this.#open();
  }

  async end(): Promise<Uint8Array> {
    // Nothing is awaited before: a small input goes to another thread at once.
    return this.#stream !== undefined
      ? await this.#stream.end()
      : new Uint8Array(await this.#whole(this.#kept()));
  }

  #nextBlock(): void {
    this.#blocks.push(this.#block);
    this.#block = new Uint8Array(BLOCK_BYTES);
    this.#filled = 0;
  }

  #kept(): Uint8Array<ArrayBuffer> {
    const last = this.#block.subarray(0, this.#filled);
    return this.#blocks.length === 0
      ? last
      : joinOctets([...this.#blocks, last]);
  }

  #open(): void {
    this.#stream = this.#openLibCrypto?.();
    // Asked once: there is none.
    this.#openLibCrypto = undefined;
    if (this.#length > MIDDLE_BYTES) this.#stream ??= this.#openNode();
    if (this.#stream === undefined) return;
    for (const block of this.#blocks) this.#stream.push(block);
    this.#stream.push(this.#block.subarray(0, this.#filled));
    this.#blocks = [];
    this.#block = new Uint8Array(0);
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

/** `undefined` for a key that cannot be used, too: the reason is given at the end of the message. */
function libCryptoSigner(key: PrivateKey, hash: HashName): Digest | undefined {
  try {
    return LibCrypto.open()?.signer(key, hash);
  } catch (error) {
    if (!(error instanceof UnusableKey)) throw error;
    return undefined;
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
