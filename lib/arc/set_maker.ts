// Makes the fields of a set (RFC 8617 section 5.1). Chooses neither its instance nor its `cv=`.

import type { BodyHash, BodyHashes } from "../dkim/body_hashes.ts";
import { DKIM_SIGNATURE, formatDkimHeader } from "../dkim/signature.ts";
import { dkimSignedFields } from "../dkim/signed_fields.ts";
import type { RsaPrivateKey } from "../keys/private_key.ts";
import type { HeaderField } from "../message/header.ts";
import { toOctets } from "../message/octets.ts";
import { appendBase64 } from "../message/tag_list.ts";
import type { Crypto } from "../ports/crypto.ts";
import { hashIdentity } from "./message_identity.ts";
import { formatArcMessageSignature } from "./message_signature.ts";
import {
  type ChainState,
  formatArcSeal,
  formatSealedHeader,
  type SealedFields,
} from "./seal.ts";

/** A key to seal with: RSA alone, since most validators know no other. */
export interface ArcKey {
  key: RsaPrivateKey;
  /** `d=` */
  domain: string;
  /** `s=` */
  selector: string;
}

/** The options for message signatures. */
export interface ArcSealOptions {
  /** Field names to sign, in the order of `h=`; a final `*` stands for any ending. */
  signedFields: readonly string[];
  /** Field names to sign once more than they occur. */
  oversignedFields: readonly string[];
}

/** The ports that sealing needs. */
export interface SealPorts {
  crypto: Crypto;
  /** The time of sealing in seconds since 1970. */
  now: number;
}

const ALGORITHM = "rsa-sha256";
const RELAXED = {
  headerCanonicalization: "relaxed",
  bodyCanonicalization: "relaxed",
} as const;

/** Fields that the next hosts add or remove: they are never signed, whatever a site's list says. */
const NEVER_SIGNED =
  /^(?:authentication-results|arc-.*|received|return-path)$/i;

/** Makes the fields of one set. */
export class ArcSetMaker {
  #found: ArcKey;
  #options: ArcSealOptions;
  #ports: SealPorts;
  #bodyHash: BodyHash;

  constructor(
    found: ArcKey,
    options: ArcSealOptions,
    ports: SealPorts,
    bodyHashes: BodyHashes,
  ) {
    this.#found = found;
    this.#options = options;
    this.#ports = ports;
    this.#bodyHash = bodyHashes.get(RELAXED.bodyCanonicalization, "SHA-256");
  }

  /** Makes the ARC-Message-Signature of a header. To be called after the end of the body. */
  async signMessage(
    fields: HeaderField[],
    instance: number,
  ): Promise<HeaderField> {
    const { domain, selector } = this.#found;
    const { signedFields, oversignedFields } = this.#options;
    const { crypto, now } = this.#ports;
    const names = [...signedFields, DKIM_SIGNATURE];
    const parameters = {
      ...RELAXED,
      algorithm: ALGORITHM,
      domain,
      selector,
      timestamp: now,
      signedFields: dkimSignedFields(fields, names, oversignedFields)
        .filter((name) => !NEVER_SIGNED.test(name)),
    } as const;
    const identity = await hashIdentity(fields, crypto);
    const body = await this.#bodyHash.result();
    const unsigned = formatArcMessageSignature(instance, parameters, {
      body: body.toBase64(),
      identity: identity.toBase64(),
    });
    const header = formatDkimHeader(fields, parameters, unsigned);
    return await this.#sign(unsigned, header);
  }

  /**
   * Makes the ARC-Seal of a set.
   *
   * @param before As {@linkcode formatSealedHeader} takes it.
   */
  async seal(
    instance: number,
    chainState: ChainState,
    before: string[],
    own: SealedFields,
  ): Promise<HeaderField> {
    const { domain, selector } = this.#found;
    const unsigned = formatArcSeal({
      instance,
      algorithm: ALGORITHM,
      chainState,
      domain,
      selector,
      timestamp: this.#ports.now,
    });
    const header = formatSealedHeader(before, own, unsigned);
    return await this.#sign(unsigned, header);
  }

  async #sign(unsigned: HeaderField, header: string): Promise<HeaderField> {
    const signer = this.#ports.crypto.signer(this.#found.key, "SHA-256");
    signer.push(toOctets(header));
    const signature = await signer.end();
    return {
      name: unsigned.name,
      raw: appendBase64(unsigned.raw, signature.toBase64()),
    };
  }
}
