// The DNS record of a private key (RFC 6376 section 3.6.1, RFC 8463 section 4), as text and as a line
// of a zone file or of tinydns-data. Refuses to know files.

import { type PrivateKey, publicKeyInfo } from "../../lib/keys/private_key.ts";
import type { TextRecord } from "./domain_records.ts";

const TTL_SECONDS = 3600;

/** The tags of the record, without its version. */
export async function formatKeyText(key: PrivateKey): Promise<string> {
  return `k=${key.type}; p=${(await exportPublicKey(key)).toBase64()}`;
}

/** The bytes of `p=`: SubjectPublicKeyInfo of RSA, the bare key of Ed25519. */
export async function exportPublicKey(key: PrivateKey): Promise<Uint8Array> {
  if (key.type === "rsa") return publicKeyInfo(key);
  const imported = await crypto.subtle.importKey(
    "pkcs8",
    key.pkcs8,
    "Ed25519",
    true,
    ["sign"],
  );
  const { x = "" } = await crypto.subtle.exportKey("jwk", imported);
  return Uint8Array.fromBase64(x, { alphabet: "base64url" });
}

/**
 * One line for a zone file.
 *
 * @param name Where the record belongs, as the zone file is to have it.
 */
export function formatRecord(name: string, text: string): string {
  const strings = text.replace(/.{255}(?=.)/g, '$&" "');
  return `${name}\tIN\tTXT\t"${strings}"`;
}

/**
 * One line for tinydns-data.
 *
 * @param name Without a final dot.
 * @param text In printable ASCII.
 */
function formatTinydns(name: string, text: string): string {
  // A colon ends a part of the line.
  const escaped = text.replace(
    /[:\\]/g,
    (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`,
  );
  return `'${name}:${escaped}:${TTL_SECONDS}`;
}

/** One line for a record by its full name, for a zone file or for tinydns-data. */
export function formatFullRecord(
  { name, text }: TextRecord,
  isTinydns: boolean,
): string {
  return isTinydns ? formatTinydns(name, text) : formatRecord(`${name}.`, text);
}
