// One DKIM-Signature being verified (RFC 6376 section 6.1, RFC 8301, RFC 8463). The key is asked
// for when the header has ended, the body is hashed meanwhile, and the end puts both together.

import {
  chooseKeyRecord,
  type KeyRecord,
  keyRecordName,
  matchesGranularity,
} from "../dkim/key_record.ts";
import { verifyRsa } from "../dkim/rsa.ts";
import {
  type DkimSignature,
  formatDkimHeader,
  parseDkimSignature,
} from "../dkim/signature.ts";
import type { DkimStatus } from "../dkim/status.ts";
import { fieldsNamed, type HeaderField } from "../message/header.ts";
import { equalOctets, toOctets } from "../message/octets.ts";
import { unfold } from "../message/tag_list.ts";
import type { BodyHash, BodyHashes } from "./body_hashes.ts";
import type { HashName, TxtAnswer } from "./ports.ts";
import { type DkimVerdict, dkimVerdict, type Finding } from "./verdict.ts";
import type { VerifyOptions, VerifyPorts } from "./verify_pass.ts";

/** What a signature needs to be judged: asked for at once, there in the end. */
interface Question {
  signature: DkimSignature;
  /** The octets that are signed. */
  header: Uint8Array;
  bodyHash: BodyHash;
  answer: Promise<TxtAnswer>;
}

/** Verifies one DKIM-Signature. */
export class DkimVerification {
  /** `d=`, where the field could be read. */
  readonly domain: string | undefined;
  #fields: HeaderField[];
  #options: VerifyOptions;
  #ports: VerifyPorts;
  #signature: DkimSignature | undefined;
  /** What the field alone tells. */
  #early: Finding<DkimStatus> | undefined;
  #question: Question | undefined;

  /** @param fields The whole header. */
  constructor(
    field: HeaderField,
    fields: HeaderField[],
    options: VerifyOptions,
    ports: VerifyPorts,
    bodyHashes: BodyHashes,
  ) {
    this.#fields = fields.filter((other) => other !== field);
    this.#options = options;
    this.#ports = ports;
    const signature = parseDkimSignature(field);
    const witness = ports.witness?.dkim(signature);
    if (typeof signature === "string") {
      this.#early = { status: signature };
      return;
    }
    this.domain = signature.domain;
    this.#signature = signature;
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
    if (witness === undefined) return;
    witness.header(header);
    bodyHash.tee(witness.body);
  }

  /** Gives the verdict; to be called when the body has ended. */
  async end(): Promise<DkimVerdict> {
    const finding = this.#early ?? await this.#judge(this.#question!);
    const signature = this.#signature;
    return {
      ...dkimVerdict(finding),
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

  #judgeField(
    { algorithm, expiration }: DkimSignature,
  ): Finding<DkimStatus> | undefined {
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
    return undefined;
  }

  async #judge(
    question: Question,
  ): Promise<Finding<DkimStatus>> {
    const { signature, answer } = question;
    const record = this.#readAnswer(await answer, signature);
    if (record.outcome !== "key") return record.finding;
    const finding = await this.#findWrong(record, question) ??
      this.#findUnsigned(question) ?? { status: "ok" };
    const isSoft = record.testing &&
      ["badSignature", "badBodyHash"].includes(finding.status);
    return isSoft ? { ...finding, status: "badSignatureTesting" } : finding;
  }

  #readAnswer(
    answer: TxtAnswer,
    signature: DkimSignature,
  ): KeyRecord | { outcome: "none"; finding: Finding<DkimStatus> } {
    const none = (
      status: DkimStatus,
      detail: string,
      more: Partial<Finding<DkimStatus>> = {},
    ) => ({ outcome: "none", finding: { status, detail, ...more } }) as const;
    if (answer.outcome === "temporary") {
      return none("dnsTemporary", answer.detail);
    }
    if (answer.outcome === "too long") {
      return none("domainTooLong", "no name of DNS is so long");
    }
    if (answer.outcome !== "records") {
      return none("dnsPermanent", answer.outcome);
    }

    const record = chooseKeyRecord(answer.records);
    if (record.outcome === "revoked") {
      return none("selectorRevoked", "p= is empty");
    }
    if (record.outcome === "unusable") {
      return none("publicKeyInvalid", "p= is no key");
    }
    if (record.outcome !== "key") {
      return none("selectorInvalid", record.outcome);
    }
    const { key, hashes, forEmail, granularity, sameDomain } = record;
    if (!forEmail) return none("selectorInvalid", "s= is not for mail");
    const hash = signature.algorithm.endsWith("sha1") ? "sha1" : "sha256";
    if (
      !signature.algorithm.startsWith(key.type) ||
      hashes?.includes(hash) === false
    ) {
      return none("algorithmMismatch", "the key is for another algorithm");
    }
    if (key.type === "rsa" && key.bits < this.#options.minRsaBits) {
      return none("publicKeyInvalid", `the key has ${key.bits} bits`, {
        result: "policy",
      });
    }
    const [localPart, domain] = splitIdentity(signature);
    if (!matchesGranularity(granularity, localPart)) {
      return none("granularityMismatch", "g= is for another sender");
    }
    if (sameDomain && domain.toLowerCase() !== signature.domain.toLowerCase()) {
      return none("granularityMismatch", "t=s is for d= alone");
    }
    return record;
  }

  async #findWrong(
    { key }: KeyRecord,
    { signature, header, bodyHash }: Question,
  ): Promise<Finding<DkimStatus> | undefined> {
    if (
      signature.bodyLength !== undefined &&
      signature.bodyLength > bodyHash.length
    ) {
      return { status: "badBodyHash", detail: "l= is longer than the body" };
    }
    if (!equalOctets(await bodyHash.result(), signature.bodyHash)) {
      return { status: "badBodyHash" };
    }
    const hash = hashOf(signature);
    const digest = this.#ports.crypto.hash(hash);
    digest.push(header);
    const octets = await digest.end();
    if (key.type === "ed25519") {
      const isGood = await this.#ports.crypto.verifyEd25519(
        key.raw,
        octets,
        signature.signature,
      );
      return isGood ? undefined : { status: "badSignature" };
    }
    if (
      signature.signature.length !==
        key.modulus.length - (key.modulus[0] === 0 ? 1 : 0)
    ) {
      return { status: "fail", detail: "b= is not as long as the key" };
    }
    return verifyRsa(key, hash, octets, signature.signature)
      ? undefined
      : { status: "badSignature" };
  }

  /** What a good signature does not vouch for. */
  #findUnsigned(
    { signature, bodyHash }: Question,
  ): Finding<DkimStatus> | undefined {
    const signedFrom = signature.signedFields.filter((name) =>
      name.toLowerCase() === "from"
    );
    if (fieldsNamed(this.#fields, "From").length > signedFrom.length) {
      return { status: "unsignedFrom" };
    }
    const unsigned = bodyHash.length - (signature.bodyLength ?? Infinity);
    return unsigned > 0 && !this.#options.honourLength
      ? {
        status: "badBodyHash",
        result: "policy",
        detail: `l= leaves ${unsigned} octets unsigned`,
      }
      : undefined;
  }
}

function hashOf({ algorithm }: DkimSignature): HashName {
  return algorithm === "rsa-sha1" ? "SHA-1" : "SHA-256";
}

/** Without `i=` it is `@` and the signing domain (RFC 6376 section 3.5). */
function splitIdentity(
  { identity = "", domain }: DkimSignature,
): [string, string] {
  const text = unfold(identity);
  const at = text.lastIndexOf("@");
  return at === -1 ? ["", domain] : [text.slice(0, at), text.slice(at + 1)];
}
