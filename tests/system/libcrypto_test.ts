// libcrypto by FFI, held against WebCrypto's hashes and node:crypto's signatures.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { sign } from "node:crypto";
import { parsePrivateKey } from "../../lib/keys/private_key.ts";
import { UnusableKey } from "../../lib/keys/unusable_key.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { LibCrypto } from "../../lib/system/crypto/libcrypto.ts";
import { openWarmCrypto } from "../../lib/system/crypto/warm_crypto.ts";
import { ED25519_PEM, PEM } from "../support/verifying.ts";

const library = LibCrypto.open();
const ignore = library === undefined;
const where = library?.path ?? "ignored: no libcrypto here";
const HASHES = ["SHA-1", "SHA-256"] as const;
const SIZES = [0, 1, 55, 56, 63, 64, 65, 4096, 1_000_003];

function open(): LibCrypto {
  if (library === undefined) throw new Error(where);
  return library;
}

for (const name of HASHES) {
  Deno.test({
    name: `\`LibCrypto\` hashes ${name} as WebCrypto does (${where})`,
    ignore,
    async fn() {
      for (const size of SIZES) {
        const octets = new Uint8Array(size).map((_, at) => at * 31);
        const digest = open().hash(name);
        for (let at = 0; at < size; at = 3 * at + 1) {
          digest.push(octets.subarray(at, 3 * at + 1));
        }
        const expected = await crypto.subtle.digest(name, octets);
        assertEquals(await digest.end(), new Uint8Array(expected));
      }
    },
  });

  Deno.test({
    name: `\`LibCrypto\` signs ${name} as node:crypto does (${where})`,
    ignore,
    async fn() {
      const octets = new Uint8Array(100_000).fill(13);
      const signer = open().signer(parsePrivateKey(PEM), name);
      signer.push(octets.subarray(0, 7));
      signer.push(octets.subarray(7));
      const expected = sign(name.replace("-", ""), octets, PEM);
      assertEquals(await signer.end(), new Uint8Array(expected));
    },
  });
}

Deno.test({
  name: `\`LibCrypto\` signs with Ed25519 as node:crypto does (${where})`,
  ignore,
  async fn() {
    const octets = new Uint8Array(32).map((_, at) => at * 7);
    const key = parsePrivateKey(ED25519_PEM);
    for (const cut of [0, 5, 32]) {
      const signer = open().signer(key, "SHA-256");
      signer.push(octets.subarray(0, cut));
      signer.push(octets.subarray(cut));
      const expected = sign(null, octets, ED25519_PEM);
      assertEquals(await signer.end(), new Uint8Array(expected));
    }
  },
});

for (const [name, pem] of [["RSA", PEM], ["Ed25519", ED25519_PEM]] as const) {
  Deno.test({
    name:
      `A damaged key of ${name} has one error, with libcrypto and without (${where})`,
    ignore,
    async fn() {
      const { crypto } = openWarmCrypto();
      const errors = [crypto, systemCrypto].map((crypto) => {
        const key = parsePrivateKey(pem);
        key.pkcs8 = key.pkcs8.slice(0, 40);
        return assertRejects(async () => {
          await crypto.signer(key, "SHA-256").end();
        }, UnusableKey);
      });
      const [warm, cold] = await Promise.all(errors);
      assertEquals(warm.message, cold.message);
    },
  });
}

Deno.test({
  name: `\`LibCrypto\` refuses a damaged key (${where})`,
  ignore,
  fn() {
    const key = parsePrivateKey(PEM);
    key.pkcs8 = key.pkcs8.slice(0, 40);
    assertThrows(() => open().signer(key, "SHA-1"), UnusableKey);
  },
});

Deno.test("`systemCrypto` hashes and signs 5 MB without FFI", {
  permissions: { ffi: false },
}, async () => {
  assertEquals(LibCrypto.open(), undefined);
  const octets = new Uint8Array(5_000_000).fill(13);
  const hash = systemCrypto.hash("SHA-256");
  hash.push(octets);
  const expected = await crypto.subtle.digest("SHA-256", octets);
  assertEquals(await hash.end(), new Uint8Array(expected));
  const signer = systemCrypto.signer(parsePrivateKey(PEM), "SHA-256");
  signer.push(octets);
  const signature = sign("sha256", octets, PEM);
  assertEquals(await signer.end(), new Uint8Array(signature));
});
