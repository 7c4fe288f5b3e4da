// Who seals with ARC and validates it: we, and others. Refuses to know what they make of it.

import { Buffer } from "node:buffer";
import { sealArc } from "../../lib/api/seal_arc.ts";
import { verifyArc } from "../../lib/api/verify_arc.ts";
import { toOctets, toText } from "../../lib/message/octets.ts";
import type { Resolver } from "../../lib/ports/resolver.ts";
import { askAll, DRIVEN, placeOf } from "./driven.ts";
import { keyFor, RECORDS } from "./keys.ts";
import { load, nameOf, resolver } from "./npm.ts";
import type { Spelling } from "./message.ts";
import { CRLF, DKIM_RSA, LF_AND_CRLF, mapAtOnce, type Signed } from "./peer.ts";
import { probe } from "./process.ts";

/** One that seals and validates; messages are octet strings. */
export interface ArcParty {
  name: string;
  /** Why it cannot be started. */
  missing?: string;
  /** In which spellings it seals a message; each validates both. */
  spellings: readonly Spelling[];
  /**
   * Puts the next set on top of each message.
   *
   * @param hop How many sets each message has; all of them are good.
   */
  seal(messages: string[], hop: number): Promise<Signed[]>;
  /** Says pass, fail or none of each, or something else. */
  validate(messages: string[]): Promise<string[]>;
}

/** How a message signature is made. */
export const WAY = DKIM_RSA[0]!;

/** What the host of a hop says of the chain before it, in an Authentication-Results field. */
function resultsOf(hop: number): { host: string; chain: string } {
  return { host: `mx${hop}.example.com`, chain: hop === 0 ? "none" : "pass" };
}

/** With that field on top, which the others take their results from. */
function withResults(message: string, hop: number): string {
  const { host, chain } = resultsOf(hop);
  const end = message.includes("\r\n") ? "\r\n" : "\n";
  return `Authentication-Results: ${host}; arc=${chain}${end}${message}`;
}

const RESOLVER: Resolver = {
  txt(name) {
    const text = RECORDS[name.toLowerCase()];
    return Promise.resolve(
      text === undefined
        ? { outcome: "nxdomain" }
        : { outcome: "records", records: [text] },
    );
  },
};

/** The library. */
export const OURS: ArcParty = {
  name: "sealArc()",
  spellings: LF_AND_CRLF,
  seal: (messages, hop) =>
    mapAtOnce(messages, async (message) => {
      const { domain, selector, pem } = keyFor(WAY);
      const { host, chain } = resultsOf(hop);
      const { fields, reason } = await sealArc(toOctets(message), {
        domain,
        selector,
        privateKey: pem,
        results: `${host}; arc=${chain}`,
        resolver: RESOLVER,
      });
      if (reason !== undefined) return { error: reason };
      const end = message.includes("\r\n") ? "\r\n" : "\n";
      return { signed: fields.replaceAll("\n", end) + message };
    }),
  validate: (messages) =>
    mapAtOnce(messages, async (message) => {
      const { result } = await verifyArc(toOctets(message), {
        resolver: RESOLVER,
      });
      return result;
    }),
};

/** What is used of mailauth. */
interface MailauthArc {
  arc(chain: object, options: object): Promise<{ status: { result: string } }>;
  sealMessage(message: Buffer, options: object): Promise<Buffer>;
}

const { arc, sealMessage }: MailauthArc = await load(
  "mailauth",
  "lib/arc/index.js",
);
const { dkimVerify }: {
  dkimVerify(message: Buffer, options: object): Promise<{ arc: object }>;
} = await load("mailauth", "lib/dkim/verify.js");

/** mailauth of npm, in this process. */
export const MAILAUTH_ARC: ArcParty = {
  name: nameOf("mailauth"),
  spellings: LF_AND_CRLF,
  seal: (messages, hop) =>
    mapAtOnce(messages, async (message) => {
      const { domain, selector, pem } = keyFor(WAY);
      const { host, chain } = resultsOf(hop);
      const settings = {
        signingDomain: domain,
        selector,
        privateKey: pem,
        authResults: `${host}; arc=${chain}`,
        cv: chain,
        signTime: new Date(),
      };
      const octets = Buffer.from(toOctets(message));
      const fields = await sealMessage(octets, settings);
      const text = toText(fields);
      return {
        signed:
          (message.includes("\r\n") ? text : text.replaceAll("\r\n", "\n")) +
          message,
      };
    }),
  validate: (messages) =>
    mapAtOnce(messages, async (message) => {
      const octets = Buffer.from(toOctets(message));
      const found = await dkimVerify(octets, { resolver });
      const { status } = await arc(found.arc, { resolver });
      return status.result;
    }),
};

/** Mail::DKIM, in Perl. */
export const MAIL_DKIM_ARC = await drive(
  "Mail::DKIM",
  DRIVEN.mailDkim,
  LF_AND_CRLF,
);

/**
 * dkimpy, in Python; it seals with the package authres alone. What it makes of a message whose lines end
 * in LF is validated by nobody, nor by dkimpy: its results are hashed with a CR.
 */
export const DKIMPY_ARC = await drive("dkimpy", DRIVEN.dkimpy, CRLF);

async function drive(
  name: string,
  command: string[],
  spellings: readonly Spelling[],
): Promise<ArcParty> {
  return {
    spellings,
    ...await probe(name, [...command, "--version"], /[\d.]+/),
    async seal(messages, hop) {
      const requests = messages.map((message) => ({
        do: "seal",
        ...placeOf(WAY),
        ...resultsOf(hop),
        message: withResults(message, hop),
      }));
      const answers = await askAll(name, command, requests);
      return answers.map(({ signed, error }): Signed =>
        signed === undefined
          ? { error }
          : { signed: toText(Uint8Array.fromBase64(signed)) }
      );
    },
    async validate(messages) {
      const requests = messages.map((message) => ({ do: "validate", message }));
      const answers = await askAll(name, command, requests);
      return answers.map(({ result, error }) => result ?? error);
    },
  };
}
