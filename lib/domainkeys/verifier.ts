// Verifies the topmost DomainKey-Signature (RFC 4870 section 3.5). Header and body go through one
// SHA-1 as they come. DNS is asked for the key at the end of the header.

import { matchesGranularity } from "../keys/granularity.ts";
import {
  fittingKeyRecords,
  type KeyRecord,
  keyRecordName,
} from "../keys/key_record.ts";
import {
  createDomainKeysBody,
  DOMAINKEY_SIGNATURE,
  type DomainKeysSignature,
  formatDomainKeysHeader,
  parseDomainKeysSignature,
} from "./signature.ts";
import type { DomainKeysStatus } from "./status.ts";
import type { Address } from "../message/address.ts";
import { isWithin } from "../message/domain_name.ts";
import {
  fieldsNamed,
  hasObsoleteColon,
  type HeaderField,
  isNamed,
} from "../message/header.ts";
import { toOctets } from "../message/octets.ts";
import type { Sink, Stage } from "../message/stage.ts";
import { authorToVerify } from "../message/author.ts";
import type { Crypto, Digest } from "../ports/crypto.ts";
import type { TxtAnswer } from "../ports/resolver.ts";
import type {
  Finding,
  Header,
  SignatureNames,
  VerifyOptions,
  VerifyPorts,
} from "../ports/verifying.ts";

/** What was found of the signature, and what it names. */
export interface DomainKeysFinding
  extends Finding<DomainKeysStatus>, SignatureNames {
  /** The domain of From, unless it is the Sender's signature that is good. */
  fromDomain?: string;
  /** The domain of the Sender, if the signature is compared with that. */
  senderDomain?: string;
}

/**
 * Sees the signature, for a program that explains the result.
 *
 * @returns Takes header and body, if they are hashed at all.
 */
export type DomainKeysWitness = (signature: DomainKeysSignature) => Sink;

/** The address that a signature is compared with: that of the Sender if there is one, else of From. */
interface Signatory {
  name: "From" | "Sender";
  address: Address;
}

/** Everything that the verdict needs. The answer of DNS comes while the body is hashed. */
interface Question {
  signature: DomainKeysSignature;
  address: Address;
  crypto: Crypto;
  digest: Digest;
  body: Stage;
  answer: Promise<TxtAnswer>;
}

/**
 * Fields that occur once (RFC 5322 section 3.6) or that say how a body is shown. A second one above
 * the signature is unsigned, and some readers show that one. Only trace fields belong above.
 */
const SHOWN_ONCE =
  /^(?:from|sender|reply-to|to|cc|bcc|subject|date|message-id|in-reply-to|references|mime-version|content-.*)$/;

/** Verifies the DomainKeys signature of a message, if there is one. */
export class DomainKeysVerifier {
  #options: VerifyOptions;
  #signature: DomainKeysSignature | undefined;
  #from: Address | undefined;
  #signatory: Signatory | undefined;
  /** The verdict, if the header alone decides it. */
  #early: Finding<DomainKeysStatus> | undefined;
  #question: Question | undefined;

  constructor(
    header: Header,
    options: VerifyOptions,
    ports: VerifyPorts,
    witness?: DomainKeysWitness,
  ) {
    this.#options = options;
    const { fields, author } = header;
    if (typeof author !== "string") this.#from = author;
    const at = fields.findIndex((field) => isNamed(field, DOMAINKEY_SIGNATURE));
    const signature = at === -1
      ? "noSignature"
      : parseDomainKeysSignature(fields[at]!);
    if (typeof signature === "string") {
      this.#early = { status: signature };
      return;
    }
    this.#signature = signature;
    const seen = witness?.(signature);
    // The signature covers only the fields below it, while readers see all of them.
    const below = fields.slice(at + 1);
    const signatory = findSignatory(header, below);
    if ("status" in signatory) {
      this.#early = signatory;
      return;
    }
    this.#signatory = signatory;
    this.#early = judgeSignatory(signature, signatory) ??
      findUncovered(signature, fields.slice(0, at), below);
    if (this.#early !== undefined) return;
    const digest = ports.crypto.hash("SHA-1");
    const hash = (run: Uint8Array): void => {
      digest.push(run);
      seen?.(run);
    };
    hash(toOctets(formatDomainKeysHeader(below, signature)));
    this.#question = {
      signature,
      address: signatory.address,
      crypto: ports.crypto,
      digest,
      body: createDomainKeysBody(signature, hash),
      answer: ports.resolver.txt(keyRecordName(signature)),
    };
  }

  push(run: Uint8Array): void {
    this.#question?.body.push(run);
  }

  /** Gives the verdict. To be called after the end of the body. */
  async end(): Promise<DomainKeysFinding> {
    this.#question?.body.end();
    const finding = this.#early ?? await this.#judge(this.#question!);
    const signature = this.#signature;
    const isSenders = this.#signatory?.name === "Sender";
    return {
      ...finding,
      ...(isSenders ? { senderDomain: this.#signatory!.address.domain } : {}),
      // A good signature of the Sender does not vouch for From.
      ...(this.#from === undefined || isSenders && finding.status === "ok"
        ? {}
        : { fromDomain: this.#from.domain }),
      ...(signature === undefined ? {} : {
        domain: signature.domain,
        selector: signature.selector,
        signature: signature.signature,
      }),
    };
  }

  async #judge(question: Question): Promise<Finding<DomainKeysStatus>> {
    const [answer, octets] = await Promise.all([
      question.answer,
      question.digest.end(),
    ]);
    const records = readAnswer(answer);
    if (!Array.isArray(records)) return records;
    const findings = records.map((record) =>
      this.#judgeBy(record, question, octets)
    );
    return findings.find(({ status }) => status === "ok") ?? findings[0]!;
  }

  #judgeBy(
    { key, granularity }: KeyRecord,
    { signature, address, crypto }: Question,
    octets: Uint8Array,
  ): Finding<DomainKeysStatus> {
    if (key.type !== "rsa") return { status: "badKey" };
    if (key.bits < this.#options.minRsaBits) {
      return {
        status: "badKey",
        result: "policy",
        detail: `the key has ${key.bits} bits`,
      };
    }
    if (!crypto.verifyRsa(key, "SHA-1", octets, signature.signature)) {
      return { status: "badSignature" };
    }
    // An empty g= allows every local part (RFC 4870 section 3.2.3).
    const isAllowed = granularity === "" ||
      matchesGranularity(granularity, address.localPart);
    return { status: isAllowed ? "ok" : "granularity" };
  }
}

/** Reads an answer: the records whose key may have made the signature, or why there are none. */
function readAnswer(
  answer: TxtAnswer,
): KeyRecord[] | Finding<DomainKeysStatus> {
  if (answer.outcome === "temporary") {
    return { status: "cannotVerify", detail: answer.detail };
  }
  if (answer.outcome === "too long") {
    return { status: "internal", detail: "no name of DNS is so long" };
  }
  if (answer.outcome !== "records") {
    return { status: "noKey", detail: answer.outcome };
  }
  const use = { type: "rsa", hash: "sha1" } as const;
  const records = fittingKeyRecords(answer.records, use, { beforeDkim: true });
  if (Array.isArray(records)) return records;
  if (records.outcome === "revoked") return { status: "revoked" };
  return records.outcome === "no key"
    ? { status: "noKey", detail: "no p=" }
    : { status: "badKey", detail: records.outcome };
}

/** Finds who signs: the Sender below the signature, else From. A mailing list's Sender stands above. */
function findSignatory(
  { fields, malformed, author: from }: Header,
  below: HeaderField[],
): Signatory | Finding<DomainKeysStatus> {
  const { length: count } = fieldsNamed(fields, "From");
  if (malformed !== undefined || count !== 1) {
    const detail = malformed ?? `${count} From fields`;
    return { status: "syntax", result: "permerror", detail };
  }
  if (fieldsNamed(below, "From").length === 0) {
    return { status: "noSignature", detail: "From is above the signature" };
  }
  const sender = authorToVerify(below, "Sender");
  const address = sender === "none" ? from : sender;
  if (typeof from === "string" || typeof address === "string") {
    return { status: "syntax", detail: "no usable From" };
  }
  return { name: sender === "none" ? "From" : "Sender", address };
}

function judgeSignatory(
  { domain, signedFields }: DomainKeysSignature,
  { name, address }: Signatory,
): Finding<DomainKeysStatus> | undefined {
  if (!isWithin(address.domain, domain)) {
    return { status: "syntax", detail: "d= is not the sender's domain" };
  }
  const isSigned = signedFields?.some((field) =>
    field.toLowerCase() === name.toLowerCase()
  );
  return isSigned === false
    ? { status: "syntax", detail: `${name} is not signed` }
    : undefined;
}

/** Finds an unsigned field that readers may take for a signed one, or for the end of the header. */
function findUncovered(
  { signedFields }: DomainKeysSignature,
  above: HeaderField[],
  below: HeaderField[],
): Finding<DomainKeysStatus> | undefined {
  const names = new Set(
    (signedFields ?? below.map(({ name }) => name))
      .map((name) => name.toLowerCase()),
  );
  const isSigned = ({ name }: HeaderField) => names.has(name.toLowerCase());
  const odd = above.find(hasObsoleteColon) ??
    below.find((field) => hasObsoleteColon(field) && !isSigned(field));
  if (odd !== undefined) {
    return {
      status: "syntax",
      result: "permerror",
      detail: `white space before the colon of ${odd.name}`,
    };
  }
  const second = above.find((field) =>
    isSigned(field) && SHOWN_ONCE.test(field.name.toLowerCase())
  );
  return second && {
    status: "badSignature",
    detail: `${second.name} stands above the signature too`,
  };
}
