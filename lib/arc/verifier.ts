// Validates a chain (RFC 8617 section 5.2). DNS is asked for the keys at the end of the header, and the
// body is hashed meanwhile. At its end the newest message signature is verified, then each seal.

import { dmarcPasses } from "../authres/author_domains.ts";
import type { BodyHash, BodyHashes } from "../dkim/body_hashes.ts";
import {
  findBadSignature,
  findWeakness,
  type HeaderSignature,
  useOf,
} from "../dkim/header_signature.ts";
import { readAnswer } from "../dkim/key_answer.ts";
import { formatDkimHeader } from "../dkim/signature.ts";
import { DKIM_STATUS, type DkimStatus } from "../dkim/status.ts";
import { keyRecordName } from "../keys/key_record.ts";
import type { HeaderField } from "../message/header.ts";
import { equalOctets, toOctets } from "../message/octets.ts";
import type { TxtAnswer } from "../ports/resolver.ts";
import type {
  Finding,
  Header,
  VerifyOptions,
  VerifyPorts,
} from "../ports/verifying.ts";
import { type ArcFault, type ArcSet, type Chain, readChain } from "./chain.ts";
import type { ArcFinding } from "./finding.ts";
import {
  ARC_MESSAGE_SIGNATURE,
  type ArcMessageSignature,
  parseArcMessageSignature,
} from "./message_signature.ts";
import { parseArcResults } from "./results_field.ts";
import { ARC_SEAL, formatSealedHeader } from "./seal.ts";

/** The number of newest seals whose keys are asked for at once. The others may turn out not to matter. */
const SEALS_AT_ONCE = 5;

/** The number of extra keys that are tried for a whole chain: each one costs a verification. */
const MAX_OTHER_KEYS = 10;

/** A message signature, and the body hash that it needs. */
interface Signed {
  signature: ArcMessageSignature;
  bodyHash: BodyHash;
}

/** A signature, and the name of its key record. */
type KeyedSignature = HeaderSignature & { domain: string; selector: string };

/** Validates the chain of one message. */
export class ArcVerifier {
  /** The ARC fields of the header, for a sealer. */
  readonly chain: Chain;
  #fields: HeaderField[];
  #minRsaBits: number;
  #ports: VerifyPorts;
  /** The names that were asked for, in lower case. */
  #answers = new Map<string, Promise<TxtAnswer>>();
  /** The message signatures by instance; of earlier ones only those whose key is known already. */
  #signed = new Map<number, Signed>();
  #otherKeys = MAX_OTHER_KEYS;
  /** The verdict, if the header alone decides it. */
  #early: ArcFault | undefined;

  /** @param ports The resolver does not reject. */
  constructor(
    { fields, malformed }: Pick<Header, "fields" | "malformed">,
    { minRsaBits }: Pick<VerifyOptions, "minRsaBits">,
    ports: VerifyPorts,
    bodyHashes: BodyHashes,
  ) {
    this.#fields = fields;
    this.#minRsaBits = minRsaBits;
    this.#ports = ports;
    this.chain = readChain(fields);
    const { sets, fault } = this.chain;
    const newest = sets.at(-1);
    this.#early = fault;
    if (newest === undefined) return;
    const signature = parseArcMessageSignature(newest.fields.messageSignature);
    const finding = judgeField(signature, ports.now);
    if (malformed !== undefined) {
      this.#early = { status: "badStructure", reason: malformed };
    } else if (finding !== undefined) {
      this.#early = faultOf("badMessageSignature", newest, finding);
    }
    if (this.#early !== undefined || signature === undefined) return;
    this.#answerFor(signature);
    for (const { seal } of sets.slice(-SEALS_AT_ONCE)) this.#answerFor(seal);
    this.#expect(signature, bodyHashes);
    this.#expectEarlier(sets.slice(0, -1), bodyHashes);
  }

  /** Gives the verdict. To be called after the end of the body. */
  async end(): Promise<ArcFinding> {
    const { sets, highest } = this.chain;
    const newest = sets.at(-1);
    const known = {
      instance: highest,
      sets: [],
      ...(newest === undefined ? {} : { domain: newest.seal.domain }),
    };
    if (this.#early !== undefined) return { ...this.#early, ...known };
    if (newest === undefined) {
      return { status: "noChain", reason: "no ARC set", ...known };
    }
    const fault = await this.#findFault(newest);
    if (fault !== undefined) return { ...fault, ...known };
    return {
      ...known,
      status: "ok",
      reason: `i=${highest} ${newest.seal.domain}`,
      oldestPass: await this.#findOldestPass(),
      sets: sets.map(({ seal, fields }) => ({
        sealer: seal.domain,
        passed: dmarcPasses(parseArcResults(fields.results)?.results ?? ""),
      })),
    };
  }

  #expect(signature: ArcMessageSignature, bodyHashes: BodyHashes): void {
    const { instance, bodyCanonicalization, bodyLength } = signature;
    const bodyHash = bodyHashes.get(
      bodyCanonicalization,
      "SHA-256",
      bodyLength,
    );
    this.#signed.set(instance, { signature, bodyHash });
  }

  /** Earlier signatures with `l=` are skipped: each could need one more hash of the body. */
  #expectEarlier(sets: ArcSet[], bodyHashes: BodyHashes): void {
    for (const { fields } of sets.toReversed()) {
      const signature = parseArcMessageSignature(fields.messageSignature);
      if (
        signature === undefined || signature.bodyLength !== undefined ||
        signature.algorithm === "rsa-sha1" ||
        !this.#answers.has(nameOf(signature))
      ) return;
      this.#expect(signature, bodyHashes);
    }
  }

  async #findFault(newest: ArcSet): Promise<ArcFault | undefined> {
    const { sets } = this.chain;
    const signed = this.#signed.get(newest.seal.instance)!;
    const finding = await this.#judgeMessage(signed);
    if (finding !== undefined) {
      return faultOf("badMessageSignature", newest, finding);
    }
    for (const set of sets.toReversed()) {
      const finding = await this.#judgeSeal(set);
      if (finding !== undefined) return faultOf("badSeal", set, finding);
    }
    return undefined;
  }

  async #findOldestPass(): Promise<number> {
    const { highest } = this.chain;
    for (let instance = highest - 1; instance > 0; instance--) {
      const signed = this.#signed.get(instance);
      const isGood = signed !== undefined &&
        await this.#judgeMessage(signed) === undefined;
      if (!isGood) return instance + 1;
    }
    return 0;
  }

  async #judgeMessage(
    { signature, bodyHash }: Signed,
  ): Promise<Finding<DkimStatus> | undefined> {
    const { bodyLength = bodyHash.length } = signature;
    if (bodyLength !== bodyHash.length) {
      return { status: "badBodyHash", detail: "l= is not all of the body" };
    }
    if (!equalOctets(await bodyHash.result(), signature.bodyHash)) {
      return { status: "badBodyHash" };
    }
    const { unsigned } = signature;
    const header = formatDkimHeader(this.#fields, signature, unsigned);
    return await this.#judgeHeader(signature, header);
  }

  async #judgeSeal(
    { seal, fields }: ArcSet,
  ): Promise<Finding<DkimStatus> | undefined> {
    const before = this.chain.sets.slice(0, seal.instance - 1)
      .map(({ canonical }) => canonical);
    const header = formatSealedHeader(before, fields, seal.unsigned);
    return await this.#judgeHeader(seal, header);
  }

  async #judgeHeader(
    signature: KeyedSignature,
    header: string,
  ): Promise<Finding<DkimStatus> | undefined> {
    const answer = await this.#answerFor(signature);
    const records = readAnswer(answer, useOf(signature));
    if (!Array.isArray(records)) return records;
    const octets = toOctets(header);
    const { crypto } = this.#ports;
    const findings: Finding<DkimStatus>[] = [];
    for (const [n, { key }] of records.entries()) {
      if (n > 0 && this.#otherKeys-- <= 0) break;
      const finding = findWeakness(key, this.#minRsaBits) ??
        await findBadSignature(key, signature, octets, crypto);
      if (finding === undefined) return undefined;
      findings.push(finding);
    }
    return findings[0];
  }

  /** Asks for each name once. */
  #answerFor(signature: KeyedSignature): Promise<TxtAnswer> {
    const name = nameOf(signature);
    const answer = this.#answers.get(name) ??
      this.#ports.resolver.txt(keyRecordName(signature));
    this.#answers.set(name, answer);
    return answer;
  }
}

/** Finds a fault of a message signature in its field alone. */
function judgeField(
  signature: ArcMessageSignature | undefined,
  now: number,
): Finding<DkimStatus> | undefined {
  if (signature === undefined) return { status: "badSyntax" };
  const { algorithm, expiration = Infinity } = signature;
  if (algorithm === "rsa-sha1") {
    return { status: "algorithmMismatch", detail: "rsa-sha1 is not safe" };
  }
  return expiration < now ? { status: "expired" } : undefined;
}

function nameOf(signature: KeyedSignature): string {
  return keyRecordName(signature).toLowerCase();
}

/** A missing answer of DNS is a failure (RFC 8617 section 5.2.1), but not the sealer's fault. */
function faultOf(
  status: "badMessageSignature" | "badSeal",
  { seal }: ArcSet,
  { status: cause, detail }: Finding<DkimStatus>,
): ArcFault & { detail?: string } {
  const name = status === "badSeal" ? ARC_SEAL : ARC_MESSAGE_SIGNATURE;
  return {
    status: cause === "dnsTemporary" ? "dnsTemporary" : status,
    reason: `i=${seal.instance} ${name}: ${DKIM_STATUS[cause].reason}`,
    field: { instance: seal.instance, name },
    ...(detail === undefined ? {} : { detail }),
  };
}
