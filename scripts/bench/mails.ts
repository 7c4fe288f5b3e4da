// The mails of one size, in every form that a program takes.

import { existsSync } from "node:fs";
import {
  type Key,
  sealMessage,
  signMessage,
  writeMessage,
} from "./fixtures.ts";
import { signByOpenssl, type Subject } from "./subjects.ts";

const LF = 10;
const CR = 13;

/** A file with LF and one with CRLF. */
type Spellings = Record<Subject["takes"], string>;

/** One mail, and the same one signed. */
export interface Mail {
  megabytes: number;
  plain: Spellings;
  dkim: Spellings;
  domainkeys: Spellings;
  /** With DKIM, and an ARC set on top. */
  sealed: Spellings;
}

/** The size in words for a person. */
export function formatSize(megabytes: number): string {
  return megabytes < 1 ? `${megabytes * 1000} KB` : `${megabytes} MB`;
}

/** Gives the file that a subject works on. */
export function messageFor({ task, takes }: Subject, mail: Mail): string {
  if (task.startsWith("sign")) return mail.plain[takes];
  if (task === "verify, all") return mail.sealed[takes];
  return mail[task === "verify, DKIM" ? "dkim" : "domainkeys"][takes];
}

export async function writeMail(
  folder: string,
  megabytes: number,
  key: Key,
): Promise<Mail> {
  const plain = writeMessage(folder, megabytes);
  const dkim = await signMessage(plain, key.privateKey, "dkim");
  const domainkeys = await signMessage(plain, key.privateKey, "domainkeys");
  await signByOpenssl(dkim, key);
  return {
    megabytes,
    plain: writeSpellings(plain),
    dkim: writeSpellings(dkim),
    domainkeys: writeSpellings(domainkeys),
    sealed: writeSpellings(await sealMessage(dkim, key.privateKey)),
  };
}

/** Makes the same mail with one octet of the body changed, for programs that verify. */
export function tamperMail(mail: Mail): Mail {
  const tamper = (path: string): string => {
    const octets = Deno.readFileSync(path);
    const at = octets.length - 10;
    octets[at] = octets[at] === 65 ? 66 : 65;
    Deno.writeFileSync(`${path}-tampered`, octets);
    return `${path}-tampered`;
  };
  const tamperBoth = (paths: Spellings): Spellings => ({
    LF: tamper(paths.LF),
    CRLF: tamper(paths.CRLF),
  });
  const tampered = {
    megabytes: mail.megabytes,
    plain: tamperBoth(mail.plain),
    dkim: tamperBoth(mail.dkim),
    domainkeys: tamperBoth(mail.domainkeys),
    sealed: tamperBoth(mail.sealed),
  };
  // The signature is that of the unchanged message.
  if (existsSync(`${mail.dkim.LF}.sig`)) {
    Deno.copyFileSync(`${mail.dkim.LF}.sig`, `${tampered.dkim.LF}.sig`);
  }
  return tampered;
}

/** Removes what {@linkcode writeMail} has written. */
export function removeMail(mail: Mail): void {
  const { plain, dkim, domainkeys, sealed } = mail;
  const files = [plain, dkim, domainkeys, sealed].flatMap((paths) =>
    Object.values(paths)
  );
  for (const path of files) Deno.removeSync(path);
}

function writeSpellings(path: string): Spellings {
  Deno.writeFileSync(`${path}-crlf`, toCrlf(Deno.readFileSync(path)));
  return { LF: path, CRLF: `${path}-crlf` };
}

/** Every line of these mails ends in LF alone. */
function toCrlf(octets: Uint8Array): Uint8Array<ArrayBuffer> {
  let lines = 0;
  for (const octet of octets) if (octet === LF) lines++;
  const wire = new Uint8Array(octets.length + lines);
  let length = 0;
  for (const octet of octets) {
    if (octet === LF) wire[length++] = CR;
    wire[length++] = octet;
  }
  return wire;
}
