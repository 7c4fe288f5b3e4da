// Ties a set of ours to its message, so that nobody can move it to another one: `hm=`, a tag of our own,
// is the hash of the fields that identify a message. A list that changes one of them makes the message
// its own. Knows no signature.

import { relaxedField } from "../message/canonicalization.ts";
import { fieldsNamed, type HeaderField } from "../message/header.ts";
import { toOctets } from "../message/octets.ts";
import type { Crypto } from "../ports/crypto.ts";

const NAMES = ["From", "Date", "Message-ID"];

/** The SHA-256 of From, Date and Message-ID as relaxed fields, each instance from the top down. */
export async function hashIdentity(
  fields: HeaderField[],
  crypto: Crypto,
): Promise<Uint8Array> {
  const digest = crypto.hash("SHA-256");
  for (const name of NAMES) {
    for (const field of fieldsNamed(fields, name)) {
      digest.push(toOctets(relaxedField(field)));
    }
  }
  return await digest.end();
}
