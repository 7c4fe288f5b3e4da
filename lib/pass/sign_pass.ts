// The signing pass: reads a message once, and gives the new fields at its end (RFC 6376 section 5, RFC
// 4870 section 3.4). The header decides which keys sign, and the body is hashed as it comes. Knows its
// ports alone: no file, no clock, no environment.

import type { Scheme, Signed, Signer } from "../ports/signing.ts";
import { MAX_SIGNED_FIELDS } from "../dkim/signature_tags.ts";
import {
  findMalformed,
  type HeaderField,
  parseHeader,
} from "../message/header.ts";
import type { Address } from "../message/address.ts";
import { LineEnds } from "../message/line_ends.ts";
import { Split } from "../message/split.ts";
import { type Author, authorOf } from "../message/author.ts";
import type { SignOptions } from "../policy/options.ts";
import type { SignRules } from "../policy/sign_rule.ts";
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

/** The header of a message that has an author. */
interface Header {
  fields: HeaderField[];
  from: Address;
  sender: Author;
}

/** Signs one message. */
export class SignPass implements Pass {
  #rules: SignRules;
  #ports: SignPorts;
  #bodyHashes: BodyHashes;
  #signers: Signer[] = [];
  /** The reason, if nothing is signed. */
  #reason = "no key";
  #isFromOutside: boolean | undefined;
  /** The fault of a malformed header: no verifier may accept the signature. */
  #malformed: string | undefined;
  #split = new Split(
    (header) => this.#plan(header),
    (run) => this.#pushBody(run),
  );
  #lineEnds = new LineEnds((run) => this.#split.push(run));

  constructor(rules: SignRules, ports: SignPorts) {
    this.#rules = rules;
    this.#ports = ports;
    this.#bodyHashes = new BodyHashes(ports.crypto);
  }

  /**
   * Takes the next octets of the message.
   *
   * @throws What the rules and the key store throw, once the header has ended.
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
        ...(bareCrs > 0 ? [["bare_cr", bareCrs] as const] : []),
      ],
      ...(bareCrs > 0 ? { bareCrs } : {}),
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
    this.#signers = [
      ...this.#planDkim({ fields, from, sender }),
      ...this.#planDomainKeys({ fields, from, sender }),
    ];
  }

  #planDkim(header: Header): Signer[] {
    const { fields, from, sender } = header;
    const authors = this.#rules(from.domain).align === "from"
      ? [from, sender]
      : [sender, from];
    const choices = (["pattern", "extraPattern"] as const).map((place) =>
      this.#choose("dkim", place, authors, header)
    );
    return choices.filter((choice) => choice !== undefined).map((
      { found, options },
    ) =>
      new DkimSigner(fields, found, options.dkim, this.#ports, this.#bodyHashes)
    );
  }

  /** Makes the DomainKeys signers. The Sender signs, if there is one (RFC 4870 section 3.2.2), and only with RSA. */
  #planDomainKeys(header: Header): Signer[] {
    const { fields, from, sender } = header;
    const authors = [sender === "none" ? from : sender];
    const choice = this.#choose("domainkeys", "pattern", authors, header);
    if (choice?.found.key.type !== "rsa") return [];
    const { found, options } = choice;
    return [
      new DomainKeysSigner(
        fields,
        found,
        options.domainKeys,
        this.#ports.crypto,
      ),
    ];
  }

  /** The first key of these authors, and how it signs. The first rule that wants no signature ends it. */
  #choose(
    scheme: Scheme,
    place: "pattern" | "extraPattern",
    authors: Author[],
    { fields, from }: Header,
  ): { found: FoundKey; options: SignOptions } | undefined {
    for (const author of authors) {
      if (typeof author === "string") continue;
      const rule = this.#rules(author.domain);
      if ("reason" in rule) {
        this.#reason = rule.reason;
        if (rule.isFinal) return undefined;
        continue;
      }
      const { schemes, authservId, [place]: pattern } = rule;
      if (!schemes.includes(scheme)) return undefined;
      if (
        authservId !== undefined &&
        (this.#isFromOutside ??= cameFromOutside(
          fields,
          from.domain,
          authservId,
        ))
      ) {
        this.#reason = "came from outside";
        return undefined;
      }
      if (pattern === undefined) continue;
      const found = this.#ports.keys.find(pattern, author.domain);
      if (found !== undefined) return { found, options: rule };
    }
    return undefined;
  }
}

function notesOf({ domain, selector, algorithm }: Signed): Note[] {
  return [["d", domain], ["s", selector], ["a", algorithm]];
}
