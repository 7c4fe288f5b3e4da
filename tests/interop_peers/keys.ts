// Keys in files that every program can read, and their records. The keys are the same in every run,
// and so are the signatures that hold no time: what one run finds the next one finds too.

import { createPrivateKey, createPublicKey } from "node:crypto";
import { toOctets } from "../../lib/message/octets.ts";
import { pemOf, Site } from "../support/site.ts";
import { ED25519_PEM } from "../support/verifying.ts";
import vectors from "../vectors/dkim_sign.json" with { type: "json" };
import type { Way } from "./peer.ts";

/** A private key, and whose it is. */
export interface SigningKey {
  domain: string;
  selector: string;
  /** PKCS#8 in PEM, and the file that holds it. */
  pem: string;
  path: string;
}

/** A site of our own, whose folder is everybody's. */
export const SITE = await Site.open();
addEventListener(
  "unload",
  () => Deno.removeSync(SITE.folder, { recursive: true }),
);

/** RSA of 2048 bits. */
const RSA_PEM = vectors.private_key_pem;
const RSA_KEY = await addKey("example.com", "rsa", RSA_PEM);
const ED25519_KEY = await addKey("example.com", "ed25519", ED25519_PEM);

/** With the domain and the selector that libdkimtest is compiled with. */
export const LIBDKIM_KEY = await addKey(
  "bardenhagen.com",
  "MDaemon",
  RSA_PEM,
);

/** TXT records by name, in lower case. */
export const RECORDS: Record<string, string> = Object.fromEntries(
  Array.from(SITE.records, ([name, text]) => [name.toLowerCase(), text]),
);

/** {@linkcode RECORDS} as JSON. */
export const RECORDS_FILE = await SITE.write(
  "records.json",
  JSON.stringify(RECORDS),
);

/** The key for a kind of signature. */
export function keyFor({ algorithm }: Way): SigningKey {
  return algorithm === "ed25519-sha256" ? ED25519_KEY : RSA_KEY;
}

/** The selectors of all keys: a signature with another one is none of this site. */
export const SELECTORS = [RSA_KEY, ED25519_KEY, LIBDKIM_KEY].map((
  { selector },
) => selector);

/** Writes messages into files of a new folder, for programs that read files. */
export async function writeMessages(
  messages: string[],
): Promise<{ folder: string; names: string[] }> {
  const folder = await Deno.makeTempDir({ dir: SITE.folder });
  const names = messages.map((_, n) => `${n}.eml`);
  for (const [n, message] of messages.entries()) {
    await Deno.writeFile(`${folder}/${names[n]}`, toOctets(message));
  }
  return { folder, names };
}

async function addKey(
  domain: string,
  selector: string,
  text: string,
): Promise<SigningKey> {
  const privateKey = createPrivateKey(text);
  const publicKey = createPublicKey(text);
  await SITE.addKey(domain, selector, { privateKey, publicKey });
  return {
    domain,
    selector,
    pem: pemOf(privateKey),
    path: `${SITE.folder}/keys/${domain}/${selector}`,
  };
}
