// `KeyFiles` on keys that are there and cannot be used: 55, with the path and without a line of the key.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { generateKeyPairSync } from "node:crypto";
import { StepFailed } from "../../lib/qmail/exit_code.ts";
import { KeyFiles } from "../../lib/system/keys/key_files.ts";
import { makeEd25519Key, makeRsaKey, pemOf, Site } from "../support/site.ts";

const RSA = pemOf(makeRsaKey(1024).privateKey);
const ED25519 = pemOf(makeEd25519Key().privateKey);
const encryption = { cipher: "aes-256-cbc", passphrase: "x", format: "pem" };

const USELESS = [
  { name: "is empty", pem: "" },
  { name: "is garbage", pem: "garbage\n" },
  { name: "is binary", pem: "\0\u{fffd}\0" },
  { name: "is cut short", pem: RSA.slice(0, 400) },
  { name: "has no last line", pem: RSA.slice(0, RSA.indexOf("-----END")) },
  { name: "is garbled", pem: RSA.replace(/\n..../, "\nAAAA") },
  { name: "has a garbled base64", pem: RSA.replace(/\n..../, "\n!!!!") },
  {
    name: "is encrypted as PKCS#8",
    pem: makeRsaKey(1024).privateKey.export(
      { type: "pkcs8", ...encryption } as never,
    ),
  },
  {
    name: "is encrypted as PKCS#1",
    pem: "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n" +
      "DEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
  },
  {
    name: "is an RSA key of 1023 bits",
    pem: pemOf(makeRsaKey(1023).privateKey),
  },
  { name: "is an RSA key of 512 bits", pem: pemOf(makeRsaKey(512).privateKey) },
  {
    name: "is an EC key",
    pem: pemOf(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
  },
  {
    name: "is a public key",
    pem: makeRsaKey(1024).publicKey.export({ type: "spki", format: "pem" }),
  },
  {
    name: "is an Ed25519 key cut short",
    pem: ED25519.replace(/\nMC4C(.*)...\n/, "\nMC4C$1\n"),
  },
];

for (const { name, pem } of USELESS) {
  for (const pattern of ["keys/%/bad", "keys/example.com/bad"]) {
    Deno.test(`\`KeyFiles\` fails with 55 when the key ${name}, for ${pattern}`, async () => {
      await using site = await Site.open();
      const path = await site.write("keys/example.com/bad", String(pem));
      const error = assertThrows(
        () => new KeyFiles().find(`${site.folder}/${pattern}`, "example.com"),
        StepFailed,
      );
      assertEquals(error.code, 55);
      assert(error.message.includes(path), error.message);
      assertNoSecret(error.message, String(pem));
    });
  }
}

/** No line of a key in the log. */
function assertNoSecret(log: string, pem: string): void {
  for (const line of pem.split("\n").filter((line) => line.length > 40)) {
    assert(!log.includes(line), "a part of the key is in the log");
  }
}
