// Sealing on departure. If the newest set is ours and the message was changed after that, as a list
// does, message signature and seal are made anew: RFC 8617 section 5.1 wants all changes made before
// the seal. Uses our own key, never DNS.

import type { BodyHash, BodyHashes } from "../dkim/body_hashes.ts";
import {
  findBadSignature,
  type HeaderSignature,
} from "../dkim/header_signature.ts";
import { formatDkimHeader } from "../dkim/signature.ts";
import type { HeaderField } from "../message/header.ts";
import { equalOctets, toOctets } from "../message/octets.ts";
import { type ArcSet, readChain } from "./chain.ts";
import { hashIdentity } from "./message_identity.ts";
import {
  type ArcMessageSignature,
  parseArcMessageSignature,
} from "./message_signature.ts";
import { type ArcSealParameters, formatSealedHeader } from "./seal.ts";
import {
  type ArcKey,
  type ArcSealOptions,
  ArcSetMaker,
  type SealPorts,
} from "./set_maker.ts";

/** An older set is left alone: qmail's queue gives up after 7 days. */
const LIFETIME_SECONDS = 7 * 24 * 60 * 60;

const NOT_OURS = "the newest set is not ours";

/** Finds our key for a domain; `undefined` if there is none. */
export type FindArcKey = (domain: string) => ArcKey | undefined;

/** The new fields, or the reason why nothing is changed. */
export type ArcRenewing =
  | {
    /** `i=` */
    instance: number;
    /** ARC-Seal, then ARC-Message-Signature. */
    fields: [HeaderField, HeaderField];
    /** The fields of the header that they replace. */
    replaced: [HeaderField, HeaderField];
  }
  | { reason: string };

/** A set that may be ours, to be renewed. */
interface Candidate {
  set: ArcSet;
  /** The canonical sets before it, which its seal covers. */
  before: string[];
  found: ArcKey;
  signature: ArcMessageSignature;
  bodyHash: BodyHash;
  maker: ArcSetMaker;
}

/** Renews the newest set of one message. */
export class ArcRenewal {
  #fields: HeaderField[];
  #ports: SealPorts;
  #candidate: Candidate | string;

  /**
   * @param fields The header as it came.
   * @param find Called at most once, with `d=` of the newest seal.
   * @throws What `find` throws.
   */
  constructor(
    fields: HeaderField[],
    find: FindArcKey,
    options: ArcSealOptions,
    ports: SealPorts,
    bodyHashes: BodyHashes,
  ) {
    this.#fields = fields;
    this.#ports = ports;
    this.#candidate = this.#findCandidate(find, options, bodyHashes);
  }

  /**
   * Makes the two fields. To be called after the end of the body.
   *
   * @param signatures New DKIM-Signature fields, which go on top and are signed with the rest.
   */
  async end(signatures: HeaderField[] = []): Promise<ArcRenewing> {
    const candidate = this.#candidate;
    if (typeof candidate === "string") return { reason: candidate };
    const reason = await this.#findReason(candidate);
    if (reason !== undefined) return { reason };
    const { set: { seal, fields }, before, maker } = candidate;
    const { instance, chainState } = seal;
    const own = {
      results: fields.results,
      messageSignature: await maker.signMessage(
        [...signatures, ...this.#fields],
        instance,
      ),
    };
    return {
      instance,
      fields: [
        await maker.seal(instance, chainState, before, own),
        own.messageSignature,
      ],
      replaced: [fields.seal, fields.messageSignature],
    };
  }

  /** @returns The reason against it, if the header alone has one. */
  #findCandidate(
    find: FindArcKey,
    options: ArcSealOptions,
    bodyHashes: BodyHashes,
  ): Candidate | string {
    const { sets, fault } = readChain(this.#fields);
    const set = sets.at(-1);
    if (set === undefined) return fault?.reason ?? "no ARC set";
    const { domain, timestamp } = set.seal;
    const found = find(domain);
    const signature = parseArcMessageSignature(set.fields.messageSignature);
    if (
      found === undefined || signature?.identityHash === undefined ||
      ![set.seal, signature].every((one) => isNamedAs(one, found))
    ) return NOT_OURS;
    if (this.#ports.now - (timestamp ?? 0) > LIFETIME_SECONDS) {
      return "sealed more than 7 days ago";
    }
    return {
      set,
      before: sets.slice(0, -1).map(({ canonical }) => canonical),
      found,
      signature,
      bodyHash: bodyHashes.get(signature.bodyCanonicalization, "SHA-256"),
      maker: new ArcSetMaker(found, options, this.#ports, bodyHashes),
    };
  }

  /** Gives the reason against it that only hashes show. */
  async #findReason(candidate: Candidate): Promise<string | undefined> {
    const { set: { seal, fields }, before, signature } = candidate;
    const sealed = formatSealedHeader(before, fields, seal.unsigned);
    if (!await this.#isSignedBy(candidate, seal, sealed)) return NOT_OURS;
    const identity = await hashIdentity(this.#fields, this.#ports.crypto);
    if (!equalOctets(identity, signature.identityHash!)) {
      return "the set is of another message";
    }
    const body = await candidate.bodyHash.result();
    const header = formatDkimHeader(
      this.#fields,
      signature,
      signature.unsigned,
    );
    const isUnchanged = equalOctets(body, signature.bodyHash) &&
      await this.#isSignedBy(candidate, signature, header);
    return isUnchanged ? "nothing was changed" : undefined;
  }

  async #isSignedBy(
    { found }: Candidate,
    signature: HeaderSignature,
    header: string,
  ): Promise<boolean> {
    const octets = toOctets(header);
    const { crypto } = this.#ports;
    return await findBadSignature(found.key, signature, octets, crypto) ===
      undefined;
  }
}

/** Tells whether a field names this key. */
function isNamedAs(
  { algorithm, domain, selector }: Pick<
    ArcSealParameters,
    "algorithm" | "domain" | "selector"
  >,
  found: ArcKey,
): boolean {
  return algorithm === "rsa-sha256" && selector === found.selector &&
    domain.toLowerCase() === found.domain;
}
