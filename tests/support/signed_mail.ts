// A message that everybody signs, and the record of the key.

import { ED25519_PEM, PEM, publicKeyOf } from "./verifying.ts";

export const MAIL = "From: Ann <ann@example.com>\n" +
  "To: bob@example.net\n" +
  "Subject: the  first\n" +
  "\n" +
  "Hello  Bob\n";

/** The record of a key, by default of the one that signs, with other tags between. */
export function recordOf(between = "", pem = PEM): string {
  const type = pem === ED25519_PEM ? "ed25519" : "rsa";
  return `v=DKIM1; k=${type}; ${between}p=${publicKeyOf(pem)}`;
}
