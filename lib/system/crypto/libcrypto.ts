// OpenSSL's libcrypto (1.1 or 3) by FFI: hashes and signs a stream, and verifies, on this thread. The
// caller keeps the opened library. Refuses another version, and one with a missing symbol. Knows no
// message.

import { joinOctets } from "../../message/octets.ts";
import type { PrivateKey } from "../../keys/private_key.ts";
import type { RsaNumbers } from "../../keys/rsa.ts";
import type { Digest, HashName } from "../../ports/crypto.ts";
import { UnusableKey } from "../../keys/unusable_key.ts";

/** Versioned names come first. On macOS only paths: it ends a process that loads its own library unversioned. */
const LIBRARIES: Partial<Record<typeof Deno.build.os, string[]>> = {
  linux: ["libcrypto.so.3", "libcrypto.so.1.1", "libcrypto.so"],
  freebsd: [
    "/lib/libcrypto.so.35",
    "/lib/libcrypto.so.30",
    "/lib/libcrypto.so.111",
  ],
  darwin: [
    "/opt/homebrew/opt/openssl@3/lib/libcrypto.3.dylib",
    "/usr/local/opt/openssl@3/lib/libcrypto.3.dylib",
  ],
};

const SYMBOLS = {
  OpenSSL_version_num: { parameters: [], result: "usize" },
  ERR_get_error: { parameters: [], result: "usize" },
  ERR_clear_error: { parameters: [], result: "void" },
  ERR_error_string_n: {
    parameters: ["usize", "buffer", "usize"],
    result: "void",
  },
  EVP_sha1: { parameters: [], result: "pointer" },
  EVP_sha256: { parameters: [], result: "pointer" },
  EVP_MD_CTX_new: { parameters: [], result: "pointer" },
  EVP_MD_CTX_free: { parameters: ["pointer"], result: "void" },
  EVP_DigestInit_ex: {
    parameters: ["pointer", "pointer", "pointer"],
    result: "i32",
  },
  EVP_DigestUpdate: {
    parameters: ["pointer", "buffer", "usize"],
    result: "i32",
  },
  EVP_DigestFinal_ex: {
    parameters: ["pointer", "buffer", "buffer"],
    result: "i32",
  },
  EVP_DigestSignInit: {
    parameters: ["pointer", "pointer", "pointer", "pointer", "pointer"],
    result: "i32",
  },
  EVP_DigestSignFinal: {
    parameters: ["pointer", "buffer", "buffer"],
    result: "i32",
  },
  EVP_DigestSign: {
    parameters: ["pointer", "buffer", "buffer", "buffer", "usize"],
    result: "i32",
  },
  BN_bin2bn: { parameters: ["buffer", "i32", "pointer"], result: "pointer" },
  RSA_new: { parameters: [], result: "pointer" },
  RSA_set0_key: {
    parameters: ["pointer", "pointer", "pointer", "pointer"],
    result: "i32",
  },
  RSA_verify: {
    parameters: ["i32", "buffer", "u32", "buffer", "u32", "pointer"],
    result: "i32",
  },
  RSA_free: { parameters: ["pointer"], result: "void" },
  d2i_AutoPrivateKey: {
    parameters: ["pointer", "buffer", "i64"],
    result: "pointer",
  },
  EVP_PKEY_free: { parameters: ["pointer"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

type Functions = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/** OpenSSL's numbers of the hashes. */
const NIDS = { "SHA-1": 64, "SHA-256": 672 } as const satisfies Record<
  HashName,
  number
>;

/** The longest signature, of RSA-8192. */
const MAX_BYTES = 1024;

/** A library that was found, with its functions. */
export class LibCrypto {
  /** Where it was found. */
  readonly path: string;
  #functions: Functions;
  /** Frees the context of a digest that never ends, as when its message breaks off. */
  #unended: FinalizationRegistry<Deno.PointerValue>;
  #keys = new WeakMap<PrivateKey, Deno.PointerValue>();
  /** Frees a key that nobody has any more; a context that uses it has a reference of its own. */
  #unused: FinalizationRegistry<Deno.PointerValue>;

  private constructor(path: string, functions: Functions) {
    this.path = path;
    this.#functions = functions;
    this.#unended = new FinalizationRegistry((context) =>
      functions.EVP_MD_CTX_free(context)
    );
    this.#unused = new FinalizationRegistry((key) =>
      functions.EVP_PKEY_free(key)
    );
  }

  /** @returns The library, or `undefined` where there is none or FFI is not allowed. */
  static open(): LibCrypto | undefined {
    const { state } = Deno.permissions.querySync({ name: "ffi" });
    if (state !== "granted") return undefined;
    for (const path of LIBRARIES[Deno.build.os] ?? []) {
      const library = load(path);
      if (library !== undefined) return new LibCrypto(path, library);
    }
    return undefined;
  }

  /** @throws {Error} If the library fails; so do the digest's calls. */
  hash(name: HashName): Digest {
    const f = this.#functions;
    return this.#digest(
      (context) => f.EVP_DigestInit_ex(context, this.#md(name), null),
      (context, out, length) => f.EVP_DigestFinal_ex(context, out, length),
      () => new Error(`Cannot hash with libcrypto: ${this.#takeError()}`),
    );
  }

  /**
   * A key is read from its octets once, and kept as long as its object is.
   *
   * @throws {UnusableKey} If the key cannot be used; so do the digest's calls.
   */
  signer(key: PrivateKey, name: HashName): Digest {
    const f = this.#functions;
    const pointer = this.#keys.get(key) ?? this.#readKey(key);
    if (key.type === "ed25519") return this.#ed25519Signer(pointer);
    return this.#digest(
      (context) =>
        f.EVP_DigestSignInit(context, null, this.#md(name), null, pointer),
      (context, out, length) => f.EVP_DigestSignFinal(context, out, length),
      () => this.#unusableKey(),
    );
  }

  /** Ed25519 takes its input, which is short here, as one. */
  #ed25519Signer(key: Deno.PointerValue): Digest {
    const f = this.#functions;
    const runs: Uint8Array[] = [];
    const digest = this.#digest(
      (context) => f.EVP_DigestSignInit(context, null, null, null, key),
      (context, out, length) => {
        const octets = joinOctets(runs);
        const count = BigInt(octets.length);
        return f.EVP_DigestSign(context, out, length, octets, count);
      },
      () => this.#unusableKey(),
    );
    return Object.assign(digest, {
      push: (run: Uint8Array) => void runs.push(run.slice()),
    });
  }

  /**
   * Tells whether this key has signed this digest, by RSASSA-PKCS1-v1_5. It is `false` too for keys that are
   * too long for the library.
   */
  verifyRsa(
    { modulus, publicExponent }: RsaNumbers,
    hash: HashName,
    digest: Uint8Array,
    signature: Uint8Array,
  ): boolean {
    const f = this.#functions;
    const rsa = f.RSA_new();
    const [n, e] = [modulus, publicExponent].map((octets) =>
      f.BN_bin2bn(octets as Uint8Array<ArrayBuffer>, octets.length, null)
    );
    try {
      // The key has the numbers from here on.
      if (f.RSA_set0_key(rsa, n!, e!, null) !== 1) return false;
      return f.RSA_verify(
        NIDS[hash],
        digest as Uint8Array<ArrayBuffer>,
        digest.length,
        signature as Uint8Array<ArrayBuffer>,
        signature.length,
        rsa,
      ) === 1;
    } finally {
      f.RSA_free(rsa);
      f.ERR_clear_error();
    }
  }

  #readKey(key: PrivateKey): Deno.PointerValue {
    const { pkcs8 } = key;
    const der = new BigUint64Array([
      Deno.UnsafePointer.value(Deno.UnsafePointer.of(pkcs8)),
    ]);
    const pointer = this.#functions
      .d2i_AutoPrivateKey(null, der, BigInt(pkcs8.length));
    if (pointer === null) throw this.#unusableKey();
    this.#keys.set(key, pointer);
    this.#unused.register(key, pointer);
    return pointer;
  }

  #unusableKey(): UnusableKey {
    return new UnusableKey(
      `Cannot sign with the private key: ${this.#takeError()}`,
    );
  }

  #md(name: HashName): Deno.PointerValue {
    return name === "SHA-1"
      ? this.#functions.EVP_sha1()
      : this.#functions.EVP_sha256();
  }

  #digest(
    init: (context: Deno.PointerValue) => number,
    final: (
      context: Deno.PointerValue,
      out: Uint8Array<ArrayBuffer>,
      length: BigUint64Array<ArrayBuffer>,
    ) => number,
    failed: () => Error,
  ): Digest {
    const f = this.#functions;
    const context = f.EVP_MD_CTX_new();
    if (context === null) throw failed();
    if (init(context) !== 1) {
      f.EVP_MD_CTX_free(context);
      throw failed();
    }
    const digest: Digest = {
      push: (run) => {
        const octets = run as Uint8Array<ArrayBuffer>;
        if (f.EVP_DigestUpdate(context, octets, BigInt(run.length)) !== 1) {
          throw failed();
        }
      },
      end: () => {
        if (!this.#unended.unregister(digest)) throw new Error("Ended twice");
        const out = new Uint8Array(MAX_BYTES);
        // size_t for a signature; int for a hash, which is in its first octets on any machine of today.
        const length = new BigUint64Array([BigInt(MAX_BYTES)]);
        const done = final(context, out, length) === 1;
        f.EVP_MD_CTX_free(context);
        return done
          ? Promise.resolve(out.slice(0, Number(length[0])))
          : Promise.reject(failed());
      },
    };
    this.#unended.register(digest, context, digest);
    return digest;
  }

  /** The text of the first error in the queue, which is empty then. */
  #takeError(): string {
    const text = new Uint8Array(256);
    const error = this.#functions.ERR_get_error();
    this.#functions.ERR_error_string_n(error, text, BigInt(text.length));
    this.#functions.ERR_clear_error();
    return new TextDecoder().decode(text.subarray(0, text.indexOf(0)));
  }
}

function load(path: string): Functions | undefined {
  try {
    const library = Deno.dlopen(path, SYMBOLS);
    // LibreSSL says 2, whatever it is.
    const version = Number(library.symbols.OpenSSL_version_num());
    if (version >= 0x10101000 && version < 0x40000000) return library.symbols;
    library.close();
    return undefined;
  } catch {
    // The library or a symbol is missing: the next name is tried.
    return undefined;
  }
}
