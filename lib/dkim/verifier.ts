// Verifies one DKIM-Signature (RFC 6376 section 6.1, RFC 8301, RFC 8463). DNS is asked for the key at
// the end of the header, and the body is hashed meanwhile.

import { type KeyRecord, keyRecordName } from "../keys/key_record.ts";
import {
  findBadSignature,
  findWeakness,
  hashOf,
  useOf,
} from "./header_signature.ts";
import { findMisuse, readAnswer } from "./key_answer.ts";
import {
  type DkimSignature,
  formatDkimHeader,
  parseDkimSignature,
  signedInstances,
} from "./signature.ts";
import type { DkimStatus } from "./status.ts";
import {
  fieldsNamed,
  hasObsoleteColon,
  type HeaderField,
} from "../message/header.ts";
import { equalOctets, toOctets } from "../message/octets.ts";
import type { Sink } from "../message/stage.ts";
import type { BodyHash, BodyHashes } from "./body_hashes.ts";
import type { TxtAnswer } from "../ports/resolver.ts";
import type {
  Finding,
  Header,
  SignatureNames,
  VerifyOptions,
  VerifyPorts,
} from "../ports/verifying.ts";

/** The finding on a signature, with the tags that it names. */
export type DkimFinding = Finding<DkimStatus> & SignatureNames;

/** Sees a signature, or why it cannot be read, for a program that explains the result. */
export type DkimWitness = (
  signature: DkimSignature | DkimStatus,
) => HashWitness;

/** Takes the hashed octets: the header in one run, then the body. Without a hash they stay unused. */
export interface HashWitness {
  header: Sink;
  body: Sink;
}

/** Everything that the verdict needs. The answer of DNS comes while the body is hashed. */
interface Question {
  signature: DkimSignature;
  /** The octets that are signed. */
  header: Uint8Array;
  bodyHash: BodyHash;
  answer: Promise<TxtAnswer>;
}

/** Verifies one DKIM-Signature. */
export class DkimVerifier {
  #fields: HeaderField[];
  #options: VerifyOptions;
  #ports: VerifyPorts;
  #signature: DkimSignature | undefined;
  /** The verdict, if the field alone decides it. */
  #early: Finding<DkimStatus> | undefined;
  #question: Question | undefined;

  /**
   * @param header The whole header.
   * @param at The index of the signature in it.
   */
  constructor(
    { fields, malformed }: Header,
    at: number,
    options: VerifyOptions,
    ports: VerifyPorts,
    bodyHashes: BodyHashes,
    witness?: DkimWitness,
  ) {
    this.#fields = fields.toSpliced(at, 1);
    this.#options = options;
    this.#ports = ports;
    const signature = parseDkimSignature(fields[at]!);
    const seen = witness?.(signature);
    if (typeof signature !== "string") this.#signature = signature;
    if (malformed !== undefined) {
      this.#early = permanentError(malformed);
      return;
    }
    if (typeof signature === "string") {
      this.#early = { status: signature };
      return;
    }
    this.#early = this.#judgeField(signature);
    if (this.#early !== undefined) return;
    const answer = ports.resolver.txt(keyRecordName(signature));
    const { bodyCanonicalization, bodyLength } = signature;
    const bodyHash = bodyHashes.get(
      bodyCanonicalization,
      hashOf(signature),
      bodyLength,
    );
    const header = toOctets(
      formatDkimHeader(this.#fields, signature, signature.unsigned),
    );
    this.#question = { signature, header, bodyHash, answer };
    if (seen === undefined) return;
    seen.header(header);
    bodyHash.tee(seen.body);
  }

  /** Gives the verdict. To be called after the end of the body. */
  async end(): Promise<DkimFinding> {
    const finding = this.#early ?? await this.#judge(this.#question!);
    const signature = this.#signature;
    return {
      ...finding,
      ...(signature === undefined ? {} : {
        domain: signature.domain,
        selector: signature.selector,
        algorithm: signature.algorithm,
        signature: signature.signature,
      }),
      ...(signature?.identity === undefined
        ? {}
        : { identity: signature.identity }),
    };
  }

  #judgeField(signature: DkimSignature): Finding<DkimStatus> | undefined {
    const { algorithm, expiration } = signature;
    if (expiration !== undefined && expiration < this.#ports.now) {
      return { status: "expired" };
    }
    if (algorithm === "rsa-sha1" && !this.#options.allowRsaSha1) {
      return {
        status: "algorithmMismatch",
        result: "policy",
        detail: "rsa-sha1 is not safe",
      };
    }
    // With two From fields, or none, readers disagree on the author.
    const { length: count } = fieldsNamed(this.#fields, "From");
    if (count !== 1 && count <= countSignedFrom(signature)) {
      return permanentError(`${count} From fields`);
    }
    const odd = findUnsignedOdd(this.#fields, signature);
    return odd && permanentError(`white space before the colon of ${odd.name}`);
  }

  async #judge(question: Question): Promise<Finding<DkimStatus>> {
    const { signature, answer } = question;
    const records = readAnswer(await answer, useOf(signature));
    if (!Array.isArray(records)) return records;
    const findings = [];
    for (const record of records) {
      const finding = await this.#judgeBy(record, question);
      if (finding.status === "ok") return finding;
      findings.push(finding);
    }
    return findings[0]!;
  }

  async #judgeBy(
    record: KeyRecord,
    question: Question,
  ): Promise<Finding<DkimStatus>> {
    const finding = await this.#findWrong(record, question) ??
      findMisuse(record, question.signature) ??
      this.#findUnsigned(question) ?? { status: "ok" };
    const isSoft = record.testing &&
      ["badSignature", "badBodyHash"].includes(finding.status);
    return isSoft ? { ...finding, status: "badSignatureTesting" } : finding;
  }

  async #findWrong(
    { key }: KeyRecord,
    { signature, header, bodyHash }: Question,
  ): Promise<Finding<DkimStatus> | undefined> {
    const weakness = findWeakness(key, this.#options.minRsaBits);
    if (weakness !== undefined) return weakness;
    if (
      signature.bodyLength !== undefined &&
      signature.bodyLength > bodyHash.length
    ) {
      return { status: "badBodyHash", detail: "l= is longer than the body" };
    }
    if (!equalOctets(await bodyHash.result(), signature.bodyHash)) {
      return { status: "badBodyHash" };
    }
    return await findBadSignature(key, signature, header, this.#ports.crypto);
  }

  /** Finds what a good signature does not vouch for. */
  #findUnsigned(
    { signature, bodyHash }: Question,
  ): Finding<DkimStatus> | undefined {
    const { length: count } = fieldsNamed(this.#fields, "From");
    if (count > countSignedFrom(signature)) return { status: "unsignedFrom" };
    const unsigned = bodyHash.length - (signature.bodyLength ?? Infinity);
    return unsigned > 0 && !this.#options.allowAppendedBody
      ? {
        status: "badBodyHash",
        result: "policy",
        detail: `l= leaves ${unsigned} octets unsigned`,
      }
      : undefined;
  }
}

function countSignedFrom({ signedFields }: DkimSignature): number {
  return signedFields.filter((name) => name.toLowerCase() === "from").length;
}

/** Finds an unsigned field that ends the header for some readers, who take the rest for the body. */
function findUnsignedOdd(
  fields: HeaderField[],
  { signedFields }: DkimSignature,
): HeaderField | undefined {
  const odd = fields.filter(hasObsoleteColon);
  if (odd.length === 0) return undefined;
  const signed = new Set(signedInstances(fields, signedFields));
  return odd.find((field) => !signed.has(field));
}

function permanentError(detail: string): Finding<DkimStatus> {
  return { status: "badSyntax", result: "permerror", detail };
}
