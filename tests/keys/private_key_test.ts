// What parsePrivateKey() takes, what it refuses, and that it refuses in one way.

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
} from "node:crypto";
import {
  parsePrivateKey,
  publicKeyInfo,
  type RsaPrivateKey,
} from "../../lib/keys/private_key.ts";
import { element, integer } from "../support/der.ts";
import {
  armor,
  ED25519_VERSION_1,
  ed25519Key,
  encrypt,
  fakeRsa,
  relabel,
  rsaKey,
  rsaPrivateKey,
  toDer,
  toPem,
} from "../support/private_keys.ts";

const RSA_SIGNING = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

const rsa = rsaKey(1024);
const ed25519 = generateKeyPairSync("ed25519").privateKey;
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

const RSA_PKCS8 = toPem(rsa, "pkcs8");
const RSA_PKCS1 = toPem(rsa, "pkcs1");
const ED25519_PKCS8 = toPem(ed25519, "pkcs8");

Deno.test("`parsePrivateKey()` reads RSA keys in PKCS#8 and PKCS#1 alike", () => {
  for (const bits of [1024, 1025, 2048]) {
    const key = rsaKey(bits);
    const parsed = parsePrivateKey(toPem(key, "pkcs8"));
    assertEquals(parsed.type, "rsa");
    assertEquals(parsed.bits, bits);
    assertEquals(parsed.pkcs8, toDer(key, "pkcs8"));
    assertEquals(parsePrivateKey(toPem(key, "pkcs1")), parsed);
  }
});

Deno.test("`parsePrivateKey()` reads an Ed25519 key", () => {
  parsePrivateKey(armor("PRIVATE KEY", ed25519Key(32)));
  const parsed = parsePrivateKey(ED25519_PKCS8);
  assertEquals(parsed, {
    type: "ed25519",
    bits: 256,
    pkcs8: toDer(ed25519, "pkcs8"),
  });
});

Deno.test("`parsePrivateKey()` leaves attributes and the public key of RFC 5958 behind", async () => {
  const { pkcs8 } = parsePrivateKey(ED25519_VERSION_1);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, [
    "sign",
  ]);
  const { x } = await crypto.subtle.exportKey("jwk", key);
  assertEquals(x, "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE");
});

Deno.test("`parsePrivateKey()` wraps PKCS#1 so that WebCrypto signs as node:crypto does", async () => {
  const { pkcs8 } = parsePrivateKey(RSA_PKCS1);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, RSA_SIGNING, true, [
    "sign",
  ]);
  const message = new TextEncoder().encode("From: a@example.com\r\n");
  assertEquals(
    new Uint8Array(await crypto.subtle.sign(RSA_SIGNING.name, key, message)),
    new Uint8Array(sign("sha256", message, RSA_PKCS1)),
  );
});

Deno.test("`parsePrivateKey()` counts the bits of the modulus exactly", () => {
  for (const bits of [1024, 1025, 1031, 1032, 1033, 2047, 4096, 8191, 8192]) {
    assertEquals(parsePrivateKey(fakeRsa(bits)).bits, bits);
  }
});

const TOLERATED = {
  "CRLF": (pem: string) => pem.replaceAll("\n", "\r\n"),
  "text before the block": (pem: string) => `# made in May\n\nBag: 1\n${pem}`,
  "text after the block": (pem: string) => `${pem}# made in May\n`,
  "a byte order mark": (pem: string) => `\uFEFF${pem}`,
  "trailing white space": (pem: string) =>
    `${pem.replaceAll("\n", " \t\n")}\n \n\t`,
  "no final newline": (pem: string) => pem.trimEnd(),
  "no padding": (pem: string) => pem.replaceAll("=", ""),
  "its base64 in one line": (pem: string) => {
    const [begin, ...lines] = pem.trimEnd().split("\n");
    const end = lines.pop();
    return `${begin}\n${lines.join("")}\n${end}\n`;
  },
};
for (const [name, change] of Object.entries(TOLERATED)) {
  Deno.test(`\`parsePrivateKey()\` tolerates ${name}`, () => {
    for (const pem of [RSA_PKCS8, RSA_PKCS1, ED25519_PKCS8]) {
      assertEquals(parsePrivateKey(change(pem)), parsePrivateKey(pem));
    }
  });
}

const REFUSED: Record<string, [pem: string, message: RegExp]> = {
  "an empty file": ["", /it is empty/],
  "a file of white space": [" \r\n\n", /it is empty/],
  "a file without a PEM block": ["hello\n", /has no line "-----BEGIN/],
  "base64 without its PEM lines": [
    RSA_PKCS8.split("\n").slice(1, -2).join("\n"),
    /has no line "-----BEGIN/,
  ],
  "an encrypted PKCS#8 key": [
    encrypt(rsa, "pkcs8"),
    /^Cannot use an encrypted private key/,
  ],
  "an encrypted PKCS#1 key": [
    encrypt(rsa, "pkcs1"),
    /^Cannot use an encrypted private key/,
  ],
  "an encrypted key with CRLF": [
    encrypt(rsa, "pkcs1").replaceAll("\n", "\r\n"),
    /^Cannot use an encrypted private key/,
  ],
  "an EC key in PKCS#8": [toPem(ec, "pkcs8"), /neither RSA nor Ed25519/],
  "an EC key in SEC 1": [toPem(ec, "sec1"), /with "EC PRIVATE KEY"/],
  "a public key": [
    createPublicKey(rsa).export({ type: "spki", format: "pem" }).toString(),
    /with "PUBLIC KEY"/,
  ],
  "a certificate": [relabel(RSA_PKCS8, "CERTIFICATE"), /with "CERTIFICATE"/],
  "an OpenSSH key": [
    relabel(RSA_PKCS8, "OPENSSH PRIVATE KEY"),
    /with "OPENSSH PRIVATE KEY"/,
  ],
  "PKCS#1 that is called PKCS#8": [
    relabel(RSA_PKCS1, "PRIVATE KEY"),
    /its DER is cut short or garbled/,
  ],
  "PKCS#8 that is called PKCS#1": [
    relabel(RSA_PKCS8, "RSA PRIVATE KEY"),
    /its DER is cut short or garbled/,
  ],
  "an END line of another kind": [
    RSA_PKCS8.replace("END PRIVATE", "END PUBLIC"),
    /its line "-----END PRIVATE KEY-----" is missing/,
  ],
  "a block without content": [
    "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
    /its DER is cut short or garbled/,
  ],
  "garbage for base64": [
    RSA_PKCS8.replace("MII", "M*I"),
    /its base64 is cut short or garbled/,
  ],
  "bytes after the DER of PKCS#8": [
    armor("PRIVATE KEY", [...toDer(rsa, "pkcs8"), 0]),
    /bytes follow its end/,
  ],
  "bytes after the DER of PKCS#1": [
    armor("RSA PRIVATE KEY", [...toDer(rsa, "pkcs1"), 0]),
    /bytes follow its end/,
  ],
  "an RSA key of eight numbers": [
    armor("RSA PRIVATE KEY", rsaPrivateKey(2048, { numbers: 8 })),
    /its DER is cut short or garbled/,
  ],
  "an RSA key of ten numbers": [
    armor("RSA PRIVATE KEY", rsaPrivateKey(2048, { numbers: 10 })),
    /bytes follow its end/,
  ],
  "an RSA key of more than two primes": [
    armor("RSA PRIVATE KEY", rsaPrivateKey(2048, { version: 1n, numbers: 10 })),
    /more than two primes/,
  ],
  "an RSA key of an unknown version": [
    armor("RSA PRIVATE KEY", rsaPrivateKey(2048, { version: 2n })),
    /its DER is cut short or garbled/,
  ],
  "an RSA key of 512 bits": [
    toPem(rsaKey(512), "pkcs8"),
    /^A key to sign with needs at least 1024 bits, this one has 512$/,
  ],
  "an RSA key of 1023 bits": [fakeRsa(1023), /at least .* has 1023$/],
  "an RSA key of no bits": [fakeRsa(0), /at least .* has 0$/],
  "an RSA key of 8193 bits": [
    fakeRsa(8193),
    /^A key to sign with has at most 8192 bits, this one has 8193$/,
  ],
  "an Ed25519 key of 31 bytes": [
    armor("PRIVATE KEY", ed25519Key(31)),
    /its DER is cut short or garbled/,
  ],
  "an Ed25519 key of 33 bytes": [
    armor("PRIVATE KEY", ed25519Key(33)),
    /its DER is cut short or garbled/,
  ],
  "a PKCS#8 key of an unknown version": [
    armor("PRIVATE KEY", ed25519Key(32, { version: 2n })),
    /its DER is cut short or garbled/,
  ],
  "bytes after an Ed25519 key": [
    armor("PRIVATE KEY", ed25519Key(32, { after: [0] })),
    /bytes follow its end/,
  ],
  "bytes after the public key of RFC 5958": [
    armor("PRIVATE KEY", ed25519Key(32, { outside: [0] })),
    /bytes follow its end/,
  ],
  "a number that is longer than the modulus": [
    fakeRsa(1024, integer(1n << 1032n)),
    /its DER is cut short or garbled/,
  ],
  "a negative number": [
    fakeRsa(1024, [0x02, 0x01, 0x80]),
    /its DER is cut short or garbled/,
  ],
  "a number without bytes": [
    fakeRsa(1024, [0x02, 0x00]),
    /its DER is cut short or garbled/,
  ],
  "a number with a zero too many": [
    fakeRsa(1024, [0x02, 0x02, 0x00, 0x01]),
    /its DER is cut short or garbled/,
  ],
  "a length that is not the shortest": [
    fakeRsa(1024, [0x02, 0x81, 0x01, 0x01]),
    /its DER is cut short or garbled/,
  ],
  "a length that begins with a zero": [
    fakeRsa(1024, [0x02, 0x82, 0x00, 0x80, ...new Array(0x80).fill(1)]),
    /its DER is cut short or garbled/,
  ],
  "an indefinite length": [
    fakeRsa(1024, [0x02, 0x80]),
    /its DER is cut short or garbled/,
  ],
  "something else than a number": [
    fakeRsa(1024, element(0x04, [1])),
    /its DER is cut short or garbled/,
  ],
  "a length of 127 octets": [
    armor("PRIVATE KEY", [0x30, ...new Array(200).fill(0xff)]),
    /its DER is cut short or garbled/,
  ],
};
for (const [name, [pem, message]] of Object.entries(REFUSED)) {
  Deno.test(`\`parsePrivateKey()\` refuses ${name}`, () => {
    const error = assertThrows(() => parsePrivateKey(pem), SyntaxError);
    assertMatch(error.message, message);
  });
}

Deno.test("`publicKeyInfo()` gives the key that verifies", () => {
  for (const pem of [RSA_PKCS8, RSA_PKCS1, toPem(rsaKey(2048), "pkcs8")]) {
    const expected = createPublicKey(createPrivateKey(pem))
      .export({ type: "spki", format: "der" });
    assertEquals(
      publicKeyInfo(parsePrivateKey(pem) as RsaPrivateKey),
      new Uint8Array(expected),
    );
  }
});
