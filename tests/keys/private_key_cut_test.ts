// parsePrivateKey() and files that are cut, or of which bytes have changed.

import { assertThrows } from "@std/assert";
import { generateKeyPairSync } from "node:crypto";
import { parsePrivateKey } from "../../lib/keys/private_key.ts";
import {
  armor,
  ED25519_VERSION_1,
  fromPem,
  rsaKey,
  toDer,
  toPem,
} from "../support/private_keys.ts";
import { Random } from "../support/random.ts";

const rsa = rsaKey(1024);
const ed25519 = generateKeyPairSync("ed25519").privateKey;

Deno.test("`parsePrivateKey()` refuses every truncation of a PEM file", () => {
  for (
    const pem of [
      toPem(rsa, "pkcs8"),
      toPem(rsa, "pkcs1"),
      toPem(ed25519, "pkcs8"),
    ]
  ) {
    for (let length = 0; length < pem.trimEnd().length; length++) {
      const cut = pem.slice(0, length);
      assertThrows(() => parsePrivateKey(cut), SyntaxError);
    }
  }
});

Deno.test("`parsePrivateKey()` refuses every truncation of the DER", () => {
  const files: [label: string, der: Uint8Array][] = [
    ["PRIVATE KEY", toDer(rsa, "pkcs8")],
    ["RSA PRIVATE KEY", toDer(rsa, "pkcs1")],
    ["PRIVATE KEY", toDer(ed25519, "pkcs8")],
    ["PRIVATE KEY", fromPem(ED25519_VERSION_1)],
  ];
  for (const [label, der] of files) {
    for (let length = 0; length < der.length; length++) {
      const cut = armor(label, der.subarray(0, length));
      assertThrows(() => parsePrivateKey(cut), SyntaxError);
    }
  }
});

Deno.test("`parsePrivateKey()` throws nothing but a SyntaxError without key material, whatever bytes change", () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  const random = new Random(seed);
  const files: [label: string, der: Uint8Array][] = [
    ["PRIVATE KEY", toDer(rsa, "pkcs8")],
    ["RSA PRIVATE KEY", toDer(rsa, "pkcs1")],
    ["PRIVATE KEY", fromPem(ED25519_VERSION_1)],
  ];
  for (let round = 0; round < 3000; round++) {
    for (const [label, der] of files) {
      const changed = der.slice();
      // The first bytes hold most of the tags and lengths.
      const reach = random.below(2) === 0 ? 32 : der.length;
      for (let count = 1 + random.below(3); count > 0; count--) {
        changed[random.below(reach)] = random.below(256);
      }
      const pem = armor(label, changed);
      const at = random.below(pem.length);
      const garbled = pem.slice(0, at) +
        String.fromCharCode(random.below(256)) +
        pem.slice(at + 1);
      for (const text of [pem, garbled]) {
        try {
          const { bits } = parsePrivateKey(text);
          if (bits === 256 || bits >= 1024 && bits <= 8192) continue;
          throw new Error(`took a key of ${bits} bits`);
        } catch (error) {
          if (
            error instanceof SyntaxError &&
            /^(?:Cannot|A key) [ -~]{1,150}$/.test(error.message)
          ) continue;
          throw new Error(`seed ${seed}, round ${round}`, { cause: error });
        }
      }
    }
  }
});
