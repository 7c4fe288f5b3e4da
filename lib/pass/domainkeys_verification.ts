// The topmost DomainKey-Signature being verified (RFC 4870 section 3.5). Header and body go through
// one SHA-1 as they come; the key is asked for when the header has ended.

import {
  chooseKeyRecord,
  keyRecordName,
  matchesGranularity,
} from "../dkim/key_record.ts";
import { verifyRsa } from "../dkim/rsa.ts";
import {
  createDomainKeysBody,
  DOMAINKEY_SIGNATURE,
  type DomainKeysSignature,
  formatDomainKeysHeader,
  parseDomainKeysSignature,
} from "../domainkeys/signature.ts";
import type { DomainKeysStatus } from "../domainkeys/status.ts";
import type { Address } from "../message/address.ts";
import { isWithin } from "../message/domain_name.ts";
import { type HeaderField, isNamed } from "../message/header.ts";
import { toOctets } from "../message/octets.ts";
import type { Stage } from "../message/stage.ts";
import { authorOf } from "../policy/author.ts";
import type { Digest, TxtAnswer } from "./ports.ts";
import {
  type DomainKeysVerdict,
  domainKeysVerdict,
  type Finding,
} from "./verdict.ts";
import type { VerifyOptions, VerifyPorts } from "./verify_pass.ts";

/** What the signature needs to be judged: asked for at once, there in the end. */
interface Question {
  signature: DomainKeysSignature;
  author: Address;
  digest: Digest;
  body: Stage;
  answer: Promise<TxtAnswer>;
}

/** Verifies the DomainKeys signature of a message, if there is one. */
export class DomainKeysVerification {
  #options: VerifyOptions;
  #signature: DomainKeysSignature | undefined;
  #author: Address | undefined;
  /** What the header alone tells. */
  #early: Finding<DomainKeysStatus> | undefined;
  #question: Question | undefined;

  /** @param fields The whole header. */
  constructor(
    fields: HeaderField[],
    options: VerifyOptions,
    ports: VerifyPorts,
  ) {
    this.#options = options;
    const at = fields.findIndex((field) => isNamed(field, DOMAINKEY_SIGNATURE));
    const signature = at === -1
      ? "noSignature"
      : parseDomainKeysSignature(fields[at]!);
    if (typeof signature !== "string") this.#signature = signature;
    // Everybody sees the whole header; what is signed is below the signature.
    const from = authorOf(fields, "From");
    const sender = authorOf(fields, "Sender");
    const name = sender === "none" ? "From" : "Sender";
    const author = sender === "none" ? from : sender;
    if (typeof author !== "string") this.#author = author;
    if (typeof signature === "string") {
      this.#early = { status: signature };
      return;
    }
    const witness = ports.witness?.domainKeys(signature);
    if (typeof from === "string" || typeof author === "string") {
      this.#early = { status: "syntax", detail: "no usable From" };
      return;
    }
    const below = fields.slice(at + 1);
    this.#early = judgeHeader(signature, author, name, below);
    if (this.#early !== undefined) return;
    const digest = ports.crypto.hash("SHA-1");
    const hash = (run: Uint8Array): void => {
      digest.push(run);
      witness?.(run);
    };
    hash(toOctets(formatDomainKeysHeader(below, signature)));
    this.#question = {
      signature,
      author,
      digest,
      body: createDomainKeysBody(signature, hash),
      answer: ports.resolver.txt(keyRecordName(signature)),
    };
  }

  push(run: Uint8Array): void {
    this.#question?.body.push(run);
  }

  /** Gives the verdict; to be called when the body has ended. */
  async end(): Promise<DomainKeysVerdict> {
    this.#question?.body.end();
    const finding = this.#early ?? await this.#judge(this.#question!);
    const signature = this.#signature;
    return {
      ...domainKeysVerdict(finding),
      ...(this.#author === undefined
        ? {}
        : { fromDomain: this.#author.domain }),
      ...(signature === undefined ? {} : {
        domain: signature.domain,
        selector: signature.selector,
        signature: signature.signature,
      }),
    };
  }

  async #judge(
    { signature, author, digest, answer }: Question,
  ): Promise<Finding<DomainKeysStatus>> {
    const [reply, octets] = await Promise.all([answer, digest.end()]);
    if (reply.outcome === "temporary") {
      return { status: "cannotVerify", detail: reply.detail };
    }
    if (reply.outcome === "too long") {
      return { status: "internal", detail: "no name of DNS is so long" };
    }
    if (reply.outcome !== "records") {
      return { status: "noKey", detail: reply.outcome };
    }

    const record = chooseKeyRecord(reply.records, { anyType: true });
    if (record.outcome === "revoked") return { status: "revoked" };
    if (record.outcome === "no key") {
      return { status: "noKey", detail: "no p=" };
    }
    if (record.outcome !== "key" || record.key.type !== "rsa") {
      return { status: "badKey", detail: record.outcome };
    }
    const { key, granularity } = record;
    if (key.bits < this.#options.minRsaBits) {
      return {
        status: "badKey",
        result: "policy",
        detail: `the key has ${key.bits} bits`,
      };
    }
    if (!matchesGranularity(granularity, author.localPart)) {
      return { status: "granularity" };
    }
    return verifyRsa(key, "SHA-1", octets, signature.signature)
      ? { status: "ok" }
      : { status: "badSignature" };
  }
}

function judgeHeader(
  { domain, signedFields }: DomainKeysSignature,
  author: Address,
  name: "From" | "Sender",
  below: HeaderField[],
): Finding<DomainKeysStatus> | undefined {
  if (!isWithin(author.domain, domain)) {
    return { status: "syntax", detail: "d= is not the sender's domain" };
  }
  const isBelow = below.some((field) => isNamed(field, name));
  const isSigned =
    signedFields?.some((field) => field.toLowerCase() === name.toLowerCase()) ??
      true;
  return isBelow && isSigned
    ? undefined
    : { status: "syntax", detail: `${name} is not signed` };
}
