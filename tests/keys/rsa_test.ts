// verifyRsa: what node:crypto signs is good, and nothing else is, whatever the padding. Signatures
// that no signer would make come from the raw private operation.

import { assert, assertEquals } from "@std/assert";
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign,
  verify,
} from "node:crypto";
import {
  type RsaNumbers,
  verifyRsa as verifyIntegers,
} from "../../lib/keys/rsa.ts";
import { LibCrypto } from "../../lib/system/crypto/libcrypto.ts";
import { toOctets } from "../../lib/message/octets.ts";
import { Random } from "../support/random.ts";
import { RSA_KEYS } from "../support/verifying.ts";

const OCTETS = toOctets("From: alice@example.com\r\n");
const HASHES = ["SHA-1", "SHA-256"] as const;
type Hash = typeof HASHES[number];

/** DigestInfo of SHA-256 without the digest (RFC 8017 section 9.2, note 1). */
const DIGEST_INFO = "3031300d060960864801650304020105000420";

/** The numbers of a key; `d` is the private exponent. */
interface Numbers extends RsaNumbers {
  n: bigint;
  d: bigint;
}

function numbersOf(pem: string): Numbers {
  const jwk = createPrivateKey(pem).export({ format: "jwk" });
  const octets = (text = "") =>
    Uint8Array.fromBase64(text, { alphabet: "base64url" });
  return {
    modulus: octets(jwk.n),
    publicExponent: octets(jwk.e),
    n: toInteger(octets(jwk.n)),
    d: toInteger(octets(jwk.d)),
  };
}

function nodeName(hash: Hash): string {
  return hash.replace("-", "");
}

function digestOf(hash: Hash, octets = OCTETS): Uint8Array {
  return new Uint8Array(createHash(nodeName(hash)).update(octets).digest());
}

function signWith(pem: string, hash: Hash, octets = OCTETS): Uint8Array {
  return new Uint8Array(sign(nodeName(hash), octets, pem));
}

const library = LibCrypto.open();

/** What verifies, and `undefined` where this machine has none. */
const VERIFIERS: [by: string, verify: typeof verifyIntegers | undefined][] = [
  ["integers", verifyIntegers],
  ["libcrypto", library?.verifyRsa.bind(library)],
];

for (const [by, found] of VERIFIERS) {
  const verifyRsa = found ?? verifyIntegers;
  const test = (name: string, fn: () => void) =>
    Deno.test({
      name: `By ${by}, ${name}${found ? "" : " (ignored: none here)"}`,
      ignore: found === undefined,
      fn,
    });

  for (const [name, pem] of Object.entries(RSA_KEYS)) {
    test(`\`verifyRsa()\` takes what node:crypto signs with ${name}, and nothing near it`, () => {
      const { n, ...key } = numbersOf(pem);
      for (const hash of HASHES) {
        const signature = signWith(pem, hash);
        const digest = digestOf(hash);
        const isGood = (octets: Uint8Array) =>
          verifyRsa(key, hash, digest, octets);
        assert(isGood(signature));

        const [other] = HASHES.filter((other) => other !== hash);
        assertEquals(verifyRsa(key, other!, digest, signature), false);
        assertEquals(verifyRsa(key, hash, digestOf(other!), signature), false);
        const wrong = digestOf(hash, toOctets("x"));
        assertEquals(verifyRsa(key, hash, wrong, signature), false);

        const { length } = signature;
        const s = toInteger(signature);
        assertEquals(isGood(signature.subarray(1)), false, "short");
        assertEquals(isGood(signature.subarray(0, -1)), false, "cut");
        assertEquals(isGood(Uint8Array.of(0, ...signature)), false, "padded");
        assertEquals(isGood(Uint8Array.of(...signature, 0)), false, "long");
        assertEquals(isGood(new Uint8Array(0)), false, "empty");
        assertEquals(isGood(toBytes(n - s, length)), false, "negated");
        assertEquals(isGood(toBytes(s + n, length + 1)), false, "s + n, long");
        for (const number of [0n, 1n, n - 1n, n]) {
          assertEquals(isGood(toBytes(number, length)), false, `${number}`);
        }
      }
    });
  }

  test("`verifyRsa()` refuses a signature plus the modulus, though it is no longer", () => {
    const pem = RSA_KEYS["1025 bits, exponent 65537"];
    const { n, ...key } = numbersOf(pem);
    const signature = signWith(pem, "SHA-256");
    const larger = toBytes(toInteger(signature) + n, signature.length);
    assertEquals(larger.length, signature.length);
    const digest = digestOf("SHA-256");
    assert(verifyRsa(key, "SHA-256", digest, signature));
    assertEquals(verifyRsa(key, "SHA-256", digest, larger), false);
  });

  test("`verifyRsa()` takes a modulus with and without leading zeros", () => {
    const pem = RSA_KEYS["1024 bits, exponent 65537"];
    const { modulus, publicExponent } = numbersOf(pem);
    const digest = digestOf("SHA-256");
    const signature = signWith(pem, "SHA-256");
    for (const zeros of [[], [0], [0, 0, 0, 0, 0]]) {
      const key = {
        modulus: Uint8Array.of(...zeros, ...modulus),
        publicExponent: Uint8Array.of(...zeros, ...publicExponent),
      };
      assert(verifyRsa(key, "SHA-256", digest, signature));
    }
  });

  test("`verifyRsa()` refuses every change of one bit", () => {
    const pem = RSA_KEYS["1024 bits, exponent 65537"];
    const key = numbersOf(pem);
    const digest = digestOf("SHA-256");
    const signature = signWith(pem, "SHA-256");
    for (let bit = 0; bit < 8 * signature.length; bit++) {
      const changed = withBit(signature, bit);
      assertEquals(verifyRsa(key, "SHA-256", digest, changed), false, `${bit}`);
    }
    for (let bit = 0; bit < 8 * digest.length; bit++) {
      const changed = withBit(digest, bit);
      assertEquals(verifyRsa(key, "SHA-256", changed, signature), false);
    }
  });

  test("`verifyRsa()` agrees with node:crypto on signatures by chance", () => {
    const random = new Random(8017);
    for (const pem of Object.values(RSA_KEYS).slice(0, 6)) {
      const key = numbersOf(pem);
      const publicKey = createPublicKey(pem);
      for (let round = 0; round < 50; round++) {
        const octets = Uint8Array.from({ length: 9 }, () => random.below(256));
        const signature = signWith(pem, "SHA-256", octets);
        if (random.oneIn(2)) signature[random.below(signature.length)]! ^= 1;
        assertEquals(
          verifyRsa(key, "SHA-256", digestOf("SHA-256", octets), signature),
          verify("SHA256", octets, publicKey, signature),
          `seed ${random.seed}, round ${round}`,
        );
      }
    }
  });

  /**
   * Padded digests in hexadecimal; `F` is a run of FF octets that fills what is left, `D` is DigestInfo
   * with its digest, `C` that without its last octet, `H` the digest alone, `G` garbage to the end.
   */
  const PADDINGS: Record<string, string> = {
    "another first octet": "0101 F 00 D",
    "block type 0": "0000 F 00 D",
    "block type 2": "0002 F 00 D",
    "a missing 00": "0001 F D",
    "seven FF, then garbage after the digest": "0001 ffffffffffffff 00 D G",
    "one FF, then garbage after the digest": "0001 ff 00 D G",
    "no FF, then garbage after the digest": "0001 00 D G",
    "an octet of garbage after the digest": "0001 F 00 D 00",
    "an octet that is not FF in the run": "0001 fe F 00 D",
    "a second 00 in the run": "0001 F 0000 D",
    "garbage before DigestInfo": "0001 F 00 ff D",
    "no DigestInfo": "0001 F 00 H",
    "DigestInfo without its NULL":
      "0001 F 00 302f300b0609608648016503040201 0420 H",
    "DigestInfo with a long NULL":
      "0001 F 00 3033300f06096086480165030402010502aaaa0420 H",
    "DigestInfo with a length in two octets":
      "0001 F 00 308131300d0609608648016503040201050004 20 H",
    "DigestInfo of SHA-1": "0001 F 00 3021300906052b0e03021a05000414 H",
    "a digest cut short": "0001 F 00 C",
  };

  test("`verifyRsa()` takes a padding made by hand", () => {
    for (
      const name of ["1024 bits, exponent 3", "512 bits, exponent 3"] as const
    ) {
      assert(isPaddingGood(verifyRsa, RSA_KEYS[name], "0001 F 00 D"));
    }
  });

  for (const [name, padding] of Object.entries(PADDINGS)) {
    test(`\`verifyRsa()\` refuses a padding with ${name}`, () => {
      assertEquals(
        isPaddingGood(verifyRsa, RSA_KEYS["1024 bits, exponent 3"], padding),
        false,
      );
    });
  }

  test("`verifyRsa()` refuses the cube root that forges a signature for exponent 3", () => {
    const { n, ...key } = numbersOf(RSA_KEYS["2048 bits, exponent 3"]);
    const digest = digestOf("SHA-256");
    const start = `0001ff00${DIGEST_INFO}${digest.toHex()}`;
    const target = BigInt(`0x${start}`) << BigInt(2048 - 4 * start.length);
    const root = cubeRoot(target) + 1n;
    assert((root ** 3n).toString(16).startsWith(start.replace(/^0+/, "")));
    assert(root ** 3n < n);
    assertEquals(verifyRsa(key, "SHA-256", digest, toBytes(root, 256)), false);
  });

  const NUMBERS: Record<string, number[]> = {
    "nothing": [],
    "0": [0],
    "1": [1],
    "2": [2],
    "3": [3],
    "255": [255],
    "64 zeros": new Array(64).fill(0),
  };

  test("`verifyRsa()` refuses every signature for a modulus that is none, and throws for none", () => {
    const digest = digestOf("SHA-256");
    for (const [name, modulus] of Object.entries(NUMBERS)) {
      for (const publicExponent of Object.values(NUMBERS)) {
        for (const signature of Object.values(NUMBERS)) {
          const isGood = verifyRsa(
            {
              modulus: Uint8Array.from(modulus),
              publicExponent: Uint8Array.from(publicExponent),
            },
            "SHA-256",
            digest,
            Uint8Array.from(signature),
          );
          assertEquals(isGood, false, name);
        }
      }
    }
  });

  test("`verifyRsa()` refuses every signature for an exponent that is none", () => {
    const pem = RSA_KEYS["1024 bits, exponent 65537"];
    const { modulus } = numbersOf(pem);
    const digest = digestOf("SHA-256");
    const signature = signWith(pem, "SHA-256");
    for (const [name, exponent] of Object.entries(NUMBERS)) {
      const key = { modulus, publicExponent: Uint8Array.from(exponent) };
      assertEquals(verifyRsa(key, "SHA-256", digest, signature), false, name);
    }
  });

  test("`verifyRsa()` wants eight FF, and a key as long as that takes", () => {
    const digest = digestOf("SHA-256");
    for (const run of [7, 8, 9]) {
      const hex = `0001${"ff".repeat(run)}00${DIGEST_INFO}${digest.toHex()}`;
      const signature = Uint8Array.fromHex(hex);
      // To the power of one it is the padding itself.
      const modulus = new Uint8Array(signature.length).fill(255);
      const key = { modulus, publicExponent: Uint8Array.of(1) };
      assertEquals(verifyRsa(key, "SHA-256", digest, signature), run >= 8);
    }
  });
}

/** Signs a padding with the raw private operation, and verifies that. */
function isPaddingGood(
  verifyRsa: typeof verifyIntegers,
  pem: string,
  padding: string,
): boolean {
  const { n, d, ...key } = numbersOf(pem);
  const { length } = key.modulus;
  const digest = digestOf("SHA-256");
  const digestInfo = DIGEST_INFO + digest.toHex();
  const fixed = padding.replace("H", digest.toHex())
    .replace("D", digestInfo).replace("C", digestInfo.slice(0, -2))
    .replaceAll(" ", "");
  const left = length - (fixed.length - /[FG]/.exec(fixed)!.length) / 2;
  const hex = fixed.replace("F", "ff".repeat(left))
    .replace("G", "a5".repeat(left));
  assertEquals(hex.length, 2 * length);
  const signature = modPow(BigInt(`0x${hex}`), d, n);
  return verifyRsa(key, "SHA-256", digest, toBytes(signature, length));
}

function modPow(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let power = 1n;
  for (const bit of exponent.toString(2)) {
    power = power * power * (bit === "1" ? base : 1n) % modulus;
  }
  return power;
}

/** The largest number whose cube is no larger. */
function cubeRoot(cube: bigint): bigint {
  let root = 0n;
  for (let bit = 1n << 700n; bit > 0n; bit >>= 1n) {
    if ((root + bit) ** 3n <= cube) root += bit;
  }
  return root;
}

function withBit(octets: Uint8Array, bit: number): Uint8Array {
  const changed = octets.slice();
  changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
}

function toInteger(octets: Uint8Array): bigint {
  return BigInt(`0x${octets.toHex()}`);
}

function toBytes(number: bigint, length: number): Uint8Array {
  return Uint8Array.fromHex(number.toString(16).padStart(2 * length, "0"));
}
