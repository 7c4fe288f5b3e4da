// Public keys for key records, real ones and some made by hand.

import { createPublicKey, type KeyObject } from "node:crypto";
import { element, integer } from "./der.ts";

export const RSA_OID = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
export const PSS_OID = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10];
export const NULL = [5, 0];
export const EXPONENT = integer(65537n);

export function publicDer(key: KeyObject, type: "spki" | "pkcs1"): Uint8Array {
  return new Uint8Array(
    createPublicKey(key.export({ type: "pkcs8", format: "pem" }))
      .export({ type, format: "der" }),
  );
}

export function ed25519P(length: number): string {
  return `p=${new Uint8Array(length).toBase64()}`;
}

export function rsaRecord(der: number[]): string {
  return `v=DKIM1; k=rsa; p=${Uint8Array.from(der).toBase64()}`;
}

export function publicKeyInfo(
  key: number[],
  algorithm = [...RSA_OID, ...NULL],
  unusedBits = 0,
): number[] {
  return element(0x30, [
    ...element(0x30, algorithm),
    ...element(0x03, [unusedBits, ...key]),
  ]);
}

/** A key in form, its modulus made up. */
export function rsaPublicKey(bits: number, exponent = EXPONENT): number[] {
  return element(0x30, [...modulus(bits), ...exponent]);
}

export function modulus(bits: number): number[] {
  return integer(bits === 0 ? 0n : 1n << BigInt(bits - 1));
}
