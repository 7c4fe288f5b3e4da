// Private key files, real ones and some made by hand.

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { element, integer } from "./der.ts";

export function rsaKey(modulusLength: number): KeyObject {
  return generateKeyPairSync("rsa", { modulusLength }).privateKey;
}

export function toPem(
  key: KeyObject,
  type: "pkcs1" | "pkcs8" | "sec1",
): string {
  return key.export({ type, format: "pem" }).toString();
}

export function toDer(key: KeyObject, type: "pkcs1" | "pkcs8"): Uint8Array {
  return new Uint8Array(key.export({ type, format: "der" }));
}

export function encrypt(key: KeyObject, type: "pkcs1" | "pkcs8"): string {
  const cipher = "aes-256-cbc";
  return key.export({ type, format: "pem", cipher, passphrase: "secret" })
    .toString();
}

export function relabel(pem: string, label: string): string {
  return pem.replace(
    /(BEGIN|END) (?:RSA )?PRIVATE KEY/g,
    (_, word) => `${word} ${label}`,
  );
}

export function armor(label: string, der: Iterable<number>): string {
  const lines = Uint8Array.from(der).toBase64().replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}

export function fromPem(pem: string): Uint8Array {
  return Uint8Array.fromBase64(pem.replace(/-----.*/g, ""));
}

/** A key in form, its numbers made up, perhaps with another last element. */
export function fakeRsa(bits: number, last?: number[]): string {
  return armor("RSA PRIVATE KEY", rsaPrivateKey(bits, { last }));
}

export function rsaPrivateKey(
  bits: number,
  { version = 0n, numbers = 9, last = integer(1n) } = {},
): number[] {
  const modulus = bits === 0 ? 0n : (1n << BigInt(bits - 1)) + 1n;
  const others = new Array(numbers - 3).fill(1n);
  const integers = [version, modulus, ...others].flatMap(integer);
  return element(0x30, [...integers, ...last]);
}

export function ed25519Key(
  length: number,
  { version = 0n, after = [] as number[], outside = [] as number[] } = {},
): number[] {
  const key = [...element(0x04, new Array(length).fill(7)), ...after];
  return element(0x30, [
    ...integer(version),
    ...element(0x30, element(0x06, [0x2b, 0x65, 0x70])),
    ...element(0x04, key),
    ...outside,
  ]);
}

/** RFC 8410 section 10.3: version 1, with an attribute and the public key. */
export const ED25519_VERSION_1 = `-----BEGIN PRIVATE KEY-----
MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
Z9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PRIVATE KEY-----
`;
