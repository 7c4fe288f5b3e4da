// Libraries of other languages, each behind a small script that takes JSON lines: Mail::DKIM and
// dkimpy. One process signs or verifies all messages.

import { toOctets, toText } from "../../lib/message/octets.ts";
import { keyFor, RECORDS_FILE } from "./keys.ts";
import {
  type Ability,
  DKIM_ED25519,
  DKIM_RSA,
  DOMAINKEYS,
  LF_AND_CRLF,
  type Party,
  type Signed,
  type Way,
} from "./peer.ts";
import { probe, run } from "./process.ts";

const HERE = import.meta.dirname;

/** How they are started. */
export const DRIVEN = {
  mailDkim: ["/usr/bin/perl", `${HERE}/mail_dkim.pl`],
  dkimpy: ["/usr/bin/python3", `${HERE}/dkimpy.py`],
};

/** Mail::DKIM as Debian has it, which knows no Ed25519. */
export const MAIL_DKIM: Party = await drive(
  "Mail::DKIM",
  DRIVEN.mailDkim,
  { ways: [...DKIM_RSA, ...DOMAINKEYS], spellings: LF_AND_CRLF },
);

/** dkimpy as Debian has it, in Debian's Python. */
export const DKIMPY: Party = await drive(
  "dkimpy",
  DRIVEN.dkimpy,
  { ways: [...DKIM_RSA, ...DKIM_ED25519], spellings: LF_AND_CRLF },
);

async function drive(
  name: string,
  command: string[],
  does: Pick<Ability, "ways" | "spellings">,
): Promise<Party> {
  const able = {
    ...does,
    ...await probe(name, [...command, "--version"], /[\d.]+/),
  };
  const ask = (what: "sign" | "verify", messages: string[], way: Way) =>
    askAll(
      name,
      command,
      messages.map((message) => ({
        do: what,
        ...way,
        ...placeOf(way),
        message,
      })),
    );
  return {
    signer: {
      ...able,
      sign: async (messages, way) =>
        (await ask("sign", messages, way)).map(({ signed, error }): Signed =>
          signed === undefined
            ? { error }
            : { signed: toText(Uint8Array.fromBase64(signed)) }
        ),
    },
    verifier: {
      ...able,
      verify: async (messages, way) =>
        (await ask("verify", messages, way)).map(({ result, error }) =>
          result ?? error
        ),
    },
  };
}

/** What a script is asked, with a message as an octet string. */
export interface Request extends Record<string, unknown> {
  do: string;
  message: string;
}

/** Asks a script for all of them, in one process. */
export function askAll(name: string, command: string[], requests: Request[]) {
  return askEach(
    name,
    [...command, RECORDS_FILE],
    requests.map(({ message, ...request }) => ({
      ...request,
      message: toOctets(message).toBase64(),
    })),
  );
}

/** Gives a script a line of JSON for each request, in ASCII, and takes one for each answer. */
export async function askEach(
  name: string,
  command: string[],
  requests: object[],
) {
  const lines = requests.map((request) => `${toAscii(request)}\n`);
  const output = await run(command, { input: toOctets(lines.join("")) });
  const answers = output.trimEnd().split("\n").map((line) => JSON.parse(line));
  if (answers.length !== requests.length) {
    throw new Error(`${name} gave ${answers.length} answers`);
  }
  return answers;
}

function toAscii(request: object): string {
  return JSON.stringify(request).replace(
    /[\x7f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The key for a kind of signature, as the scripts take it. */
export function placeOf(way: Way) {
  const { domain, selector, path } = keyFor(way);
  return { domain, selector, key: path };
}
