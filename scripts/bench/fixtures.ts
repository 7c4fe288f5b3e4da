// The fixtures of the benchmarks: a key, mails of any size, and a DNS server with the key's record.

import { generateKeyPairSync } from "node:crypto";
import { sealArc } from "../../lib/api/seal_arc.ts";
import { sign } from "../../lib/api/sign.ts";
import { FILTER_FLAGS, runArguments } from "../build/programs.ts";
import type { Scheme } from "../../lib/ports/signing.ts";

/** The variables of the launcher: without them the runtime writes caches and looks for updates. */
export const ENVIRONMENT = {
  PATH: "/usr/bin:/bin",
  DENO_DIR: "/dev/null",
  DENO_NO_UPDATE_CHECK: "1",
  DENO_DISABLE_NODE_SHIM: "1",
  NO_COLOR: "1",
};

/** The launcher's arguments for the runtime, before the bundle. */
export const RUN = runArguments(FILTER_FLAGS);

/** The signing domain and the selector; those of libdkimtest, which are compiled in. */
const SIGNERS = [
  { domain: "example.com", selector: "default" },
  { domain: "bardenhagen.com", selector: "MDaemon" },
];

/** What a domain like many others publishes: the client of the benchmark passes by the first include. */
export const POLICIES: Record<string, string[]> = {
  "example.com": ["v=spf1 include:_spf.example.net mx -all"],
  "_spf.example.net": ["v=spf1 ip4:198.51.100.0/24 ip4:192.0.2.0/24 ~all"],
  "_dmarc.example.com": ["v=DMARC1; p=reject; rua=mailto:d@example.com"],
};

/** A key pair in the forms that programs take. */
export interface Key {
  /** For DKSIGN. */
  pattern: string;
  /** PEM, PKCS#8. */
  privateKey: string;
  privatePath: string;
  publicPath: string;
  /** TXT records by name. */
  records: Record<string, string[]>;
  /** Lines of a name, a space and a record. */
  recordsPath: string;
}

/** An RSA key of 2048 bits, in files of a folder. */
export function writeKey(folder: string): Key {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
  });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const der = publicKey.export({ type: "spki", format: "der" });
  const record = `v=DKIM1; k=rsa; p=${new Uint8Array(der).toBase64()}`;
  const key = {
    pattern: `${folder}/%/default`,
    privateKey: pem,
    privatePath: `${folder}/example.com/default`,
    publicPath: `${folder}/public.pem`,
    records: Object.fromEntries(
      SIGNERS.map((
        { domain, selector },
      ) => [`${selector}._domainkey.${domain}`.toLowerCase(), [record]]),
    ),
    recordsPath: `${folder}/records`,
  };
  Deno.mkdirSync(`${folder}/example.com`);
  Deno.writeTextFileSync(key.privatePath, pem, { mode: 0o600 });
  Deno.writeTextFileSync(
    key.publicPath,
    publicKey.export({ type: "spki", format: "pem" }).toString(),
  );
  Deno.writeTextFileSync(
    key.recordsPath,
    Object.entries(key.records).map(([name, [text]]) => `${name} ${text}\n`)
      .join(""),
  );
  return key;
}

/** A mail with an attachment in base64, LF line ends. */
export function writeMessage(folder: string, megabytes: number): string {
  const header = [
    "From: Alice <alice@example.com>",
    "To: Bob <bob@example.net>",
    "Subject: Minutes of the meeting",
    "Date: Thu, 19 Mar 2009 10:00:00 +0000",
    "Message-ID: <1@example.com>",
    "MIME-Version: 1.0",
    "Content-Type: application/octet-stream",
    "Content-Transfer-Encoding: base64",
  ];
  const line =
    "VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZywgYW5kIHRoZW4gc29t\n";
  const path = `${folder}/message-${megabytes}`;
  Deno.writeTextFileSync(path, header.join("\n") + "\n\n");
  const block = line.repeat(100);
  for (let written = 0; written < megabytes * 1e6; written += block.length) {
    Deno.writeTextFileSync(path, block, { append: true });
  }
  return path;
}

/** @returns The path of the signed message. */
export async function signMessage(
  path: string,
  privateKey: string,
  scheme: Scheme = "dkim",
): Promise<string> {
  const message = await Deno.readFile(path);
  const [{ domain, selector }] = SIGNERS as [typeof SIGNERS[0]];
  const fields = await sign(message, {
    domain,
    selector,
    privateKey,
    schemes: [scheme],
  });
  const signed = `${path}-${scheme}`;
  await Deno.writeTextFile(signed, fields);
  await Deno.writeFile(signed, message, { append: true });
  return signed;
}

/** @returns The path of the message with an ARC set on top. */
export async function sealMessage(
  path: string,
  privateKey: string,
): Promise<string> {
  const message = await Deno.readFile(path);
  const [{ domain, selector }] = SIGNERS as [typeof SIGNERS[0]];
  const { fields } = await sealArc(message, {
    domain,
    selector,
    privateKey,
    results: "mx.example.com; spf=pass smtp.mailfrom=example.com",
    resolver: { txt: () => Promise.resolve({ outcome: "nodata" }) },
  });
  const sealed = `${path}-sealed`;
  await Deno.writeTextFile(sealed, fields);
  await Deno.writeFile(sealed, message, { append: true });
  return sealed;
}

/** Starts the DNS server in a thread of its own, since the measuring thread is blocked. */
export async function startDns(
  zone: Record<string, string[]>,
): Promise<string> {
  const worker = new Worker(new URL("./dns.ts", import.meta.url), {
    type: "module",
  });
  return await new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(zone);
  });
}
