// The signing pass: reads a message once, and gives the new fields at its end (RFC 6376 section 5, RFC
// 4870 section 3.4). The header decides which keys sign, and the body is hashed as it comes. Knows its
// ports alone: no file, no clock, no environment.

import type { Signed, Signer } from "../ports/signing.ts";
import { MAX_SIGNED_FIELDS } from "../dkim/signature_tags.ts";
import {
  findMalformed,
  type HeaderField,
  parseHeader,
} from "../message/header.ts";
import { LineEnds } from "../message/line_ends.ts";
import { Split } from "../message/split.ts";
import { type Author, authorOf } from "../message/author.ts";
import type { SignOptions } from "../policy/options.ts";
import { cameFromOutside } from "../authres/outside.ts";
import { BodyHashes } from "../dkim/body_hashes.ts";
import { DkimSigner } from "../dkim/signer.ts";
import { DomainKeysSigner } from "../domainkeys/signer.ts";
import type { Note, Outcome, Pass } from "./pass.ts";
import type { Crypto } from "../ports/crypto.ts";
import type { FoundKey, KeyStore } from "../ports/key_store.ts";

/** The ports that signing needs. */
export interface SignPorts {
  keys: KeyStore;
  crypto: Crypto;
  /** The time of signing in seconds since 1970. */
  now: number;
}

/** A header with more fields is not signed: no verifier reads such a list. */
const MAX_FIELDS = MAX_SIGNED_FIELDS - 100;

/** Signs one message. */
export class SignPass implements Pass {
  #options: SignOptions;
  #ports: SignPorts;
  #bodyHashes: BodyHashes;
  #signers: Signer[] = [];
  /** The reason, if nothing is signed. */
  #reason = "no key";
  /** The fault of a malformed header: no verifier may accept the signature. */
  #malformed: string | undefined;
  #split = new Split(
    (header) => this.#plan(header),
    (run) => this.#pushBody(run),
  );
  #lineEnds = new LineEnds((run) => this.#split.push(run));

  constructor(options: SignOptions, ports: SignPorts) {
    this.#options = options;
    this.#ports = ports;
    this.#bodyHashes = new BodyHashes(ports.crypto);
  }

  /**
   * Takes the next octets of the message.
   *
   * @throws What the key store throws, once the header has ended.
   */
  push(chunk: Uint8Array): void {
    this.#lineEnds.push(chunk);
  }

  /** Takes the end of the message and signs. */
  async end(): Promise<Outcome> {
    this.#lineEnds.end();
    this.#split.end();
    this.#bodyHashes.end();
    const signed = await Promise.all(
      this.#signers.map((signer) => signer.end()),
    );
    const made = signed.filter(({ field }) => field !== undefined);
    const bareCrs = this.#lineEnds.bareCrs;
    return {
      newFields: made.map(({ field }) => field + "\n").join(""),
      action: made.length > 0
        ? "signed"
        : signed.length > 0
        ? "signed before"
        : "unsigned",
      notes: [
        ...signed.flatMap(notesOf),
        ...(signed.length > 0 ? [] : [["reason", this.#reason] as const]),
        ...(this.#ports.keys.exposed?.() ?? []).map((path) =>
          ["warning", `everybody can read the key ${path}`] as const
        ),
        ...(this.#malformed === undefined
          ? []
          : [["malformed", this.#malformed] as const]),
        // Some versions of qmail-remote change bare CRs, which breaks the signature.
        ...(bareCrs > 0 ? [["lone_cr", bareCrs] as const] : []),
      ],
    };
  }

  #pushBody(run: Uint8Array): void {
    this.#bodyHashes.push(run);
    for (const signer of this.#signers) signer.push?.(run);
  }

  #plan(header: string | undefined): void {
    if (header === undefined) {
      this.#reason = "header too long";
      return;
    }
    const fields = parseHeader(header);
    this.#malformed = findMalformed(fields);
    if (fields.length > MAX_FIELDS) {
      this.#reason = "too many header fields";
      return;
    }
    const from = authorOf(fields, "From");
    const sender = authorOf(fields, "Sender");
    if (typeof from === "string") {
      this.#reason = "no usable From";
      return;
    }
    const { authservId, schemes } = this.#options;
    if (
      authservId !== undefined &&
      cameFromOutside(fields, from.domain, authservId)
    ) {
      this.#reason = "came from outside";
      return;
    }
    this.#signers = [
      ...(schemes.includes("dkim") ? this.#planDkim(fields, from, sender) : []),
      ...(schemes.includes("domainkeys")
        ? this.#planDomainKeys(fields, from, sender)
        : []),
    ];
  }

  #planDkim(fields: HeaderField[], from: Author, sender: Author): Signer[] {
    const { pattern, extraPattern, align, dkim } = this.#options;
    const authors = align === "from" ? [from, sender] : [sender, from];
    const keys = [pattern, extraPattern].map((place) =>
      this.#firstKey(place, authors)
    );
    return keys.filter((found) => found !== undefined).map((found) =>
      new DkimSigner(fields, found, dkim, this.#ports, this.#bodyHashes)
    );
  }

  /** Makes the DomainKeys signers. The Sender signs, if there is one (RFC 4870 section 3.2.2), and only with RSA. */
  #planDomainKeys(
    fields: HeaderField[],
    from: Author,
    sender: Author,
  ): Signer[] {
    const { pattern, domainKeys } = this.#options;
    const found = this.#firstKey(pattern, [sender === "none" ? from : sender]);
    if (found?.key.type !== "rsa") return [];
    return [
      new DomainKeysSigner(fields, found, domainKeys, this.#ports.crypto),
    ];
  }

  #firstKey(
    pattern: string | undefined,
    authors: Author[],
  ): FoundKey | undefined {
    if (pattern === undefined) return undefined;
    for (const author of authors) {
      const found = typeof author === "string"
        ? undefined
        : this.#ports.keys.find(pattern, author.domain);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function notesOf({ domain, selector, algorithm }: Signed): Note[] {
  return [["d", domain], ["s", selector], ["a", algorithm]];
}
