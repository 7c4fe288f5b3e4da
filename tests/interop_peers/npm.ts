// Libraries from npm, in this process: mailauth, and nodemailer, which signs alone. No import names
// them, since everybody would fetch them who runs anything; the task has a lock file for them.

import { Buffer } from "node:buffer";
import { toOctets, toText } from "../../lib/message/octets.ts";
import { NPM_VERSIONS } from "../../scripts/bench/npm_versions.ts";
import { keyFor, RECORDS } from "./keys.ts";
import {
  CRLF,
  DKIM_ED25519,
  DKIM_RSA,
  LF_AND_CRLF,
  mapAtOnce,
  type Party,
  type Signed,
  type Way,
} from "./peer.ts";

/** Not the mailauth that is measured: this one is for a newer Node than that of Debian. */
const VERSIONS = {
  mailauth: "7.1.0",
  nodemailer: NPM_VERSIONS.nodemailer,
} as const;

/** What is used of them: they ship no types. */
interface Mailauth {
  dkimSign(
    message: Buffer,
    options: object,
  ): Promise<{ signatures: string; errors?: unknown[] }>;
  dkimVerify(
    message: Buffer,
    options: object,
  ): Promise<{ results: { selector: string; status: { result: string } }[] }>;
}
interface Nodemailer {
  default: new (options: object) => {
    sign(message: Buffer): AsyncIterable<Buffer>;
  };
}

const { dkimSign }: Mailauth = await load("mailauth", "lib/dkim/sign.js");
const { dkimVerify }: Mailauth = await load("mailauth", "lib/dkim/verify.js");
const { default: NodemailerSigner }: Nodemailer = await load(
  "nodemailer",
  "lib/dkim",
);

const ABLE = {
  name: nameOf("mailauth"),
  ways: [...DKIM_RSA, ...DKIM_ED25519],
  spellings: LF_AND_CRLF,
};

export const MAILAUTH: Party = {
  signer: {
    ...ABLE,
    sign: (messages, way) =>
      mapAtOnce(messages, (message) => signByMailauth(message, way)),
  },
  verifier: {
    ...ABLE,
    verify: (messages, way) =>
      mapAtOnce(messages, (message) => verifyByMailauth(message, way)),
  },
};

export const NODEMAILER: Party = {
  signer: {
    name: nameOf("nodemailer"),
    ways: DKIM_RSA.slice(0, 1),
    spellings: CRLF,
    sign: (messages, way) =>
      mapAtOnce(messages, (message) => signByNodemailer(message, way)),
  },
};

/** A module of the version that this project pins; there are no types for it. */
export async function load<Module>(
  name: keyof typeof VERSIONS,
  path: string,
): Promise<Module> {
  return await import(`npm:${name}@${VERSIONS[name]}/${path}`);
}

/** With the version that this project pins. */
export function nameOf(name: keyof typeof VERSIONS): string {
  return `${name} ${VERSIONS[name]}`;
}

async function signByMailauth(message: string, way: Way): Promise<Signed> {
  const { domain, selector, pem } = keyFor(way);
  const { signatures, errors } = await dkimSign(
    Buffer.from(toOctets(message)),
    {
      signingDomain: domain,
      selector,
      privateKey: pem,
      canonicalization: way.canonicalization,
      algorithm: way.algorithm,
      // Else it reads the clock twice, and a second may pass in between.
      signTime: new Date(),
      signatureData: [{ signingDomain: domain, selector, privateKey: pem }],
    },
  );
  if (errors?.length) return { error: errors.join() };
  const fields = message.includes("\r\n")
    ? signatures
    : signatures.replaceAll("\r\n", "\n");
  return { signed: fields + message };
}

async function verifyByMailauth(message: string, way: Way): Promise<string> {
  const { selector } = keyFor(way);
  const { results } = await dkimVerify(Buffer.from(toOctets(message)), {
    resolver,
  });
  const found = results.find((result) => result.selector === selector);
  return found === undefined ? "not found" : found.status.result;
}

/** The records of the site, as mailauth asks for them. */
export function resolver(name: string, type: string): Promise<string[][]> {
  const text = type === "TXT" ? RECORDS[name.toLowerCase()] : undefined;
  return text === undefined
    ? Promise.reject(Object.assign(new Error(name), { code: "ENOTFOUND" }))
    : Promise.resolve([text.match(/.{1,255}/g) ?? []]);
}

async function signByNodemailer(message: string, way: Way): Promise<Signed> {
  const { domain, selector, pem } = keyFor(way);
  const signer = new NodemailerSigner({
    domainName: domain,
    keySelector: selector,
    privateKey: pem,
  });
  const chunks = await Array.fromAsync(
    signer.sign(Buffer.from(toOctets(message))),
  );
  return { signed: toText(Buffer.concat(chunks)) };
}
