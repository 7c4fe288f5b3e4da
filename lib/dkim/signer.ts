// Makes one DKIM-Signature (RFC 6376 section 5), unless the message has a good one of ours already.
// RSA PKCS#1 v1.5 and Ed25519 are deterministic: a signature is good if signing the same octets again
// gives the same one.

import {
  DKIM_SIGNATURE,
  type DkimParameters,
  type DkimSignature,
  formatDkimHeader,
  formatDkimSignature,
  parseDkimSignature,
} from "./signature.ts";
import { isWithin } from "../message/domain_name.ts";
import { fieldsNamed, type HeaderField } from "../message/header.ts";
import { equalOctets, toOctets } from "../message/octets.ts";
import { appendBase64 } from "../message/tag_list.ts";
import type { DkimSignOptions } from "./sign_options.ts";
import { dkimSignedFields } from "./signed_fields.ts";
import type { BodyHash, BodyHashes } from "./body_hashes.ts";
import type { Crypto, Digest } from "../ports/crypto.ts";
import type { FoundKey } from "../ports/key_store.ts";
import type { Signed, Signer } from "../ports/signing.ts";

/** A signature of ours that came with the message, and the body hash that it needs. */
interface Earlier {
  signature: DkimSignature;
  bodyHash: BodyHash;
  /** The header without the signature's own field. */
  fields: HeaderField[];
}

/** Makes one DKIM-Signature. */
export class DkimSigner implements Signer {
  #fields: HeaderField[];
  #found: FoundKey;
  #options: DkimSignOptions;
  #crypto: Crypto;
  #now: number;
  #bodyHash: BodyHash;
  #signer: Digest;
  #earlier: Earlier | undefined;

  /** @param fields The header as it came. */
  constructor(
    fields: HeaderField[],
    found: FoundKey,
    options: DkimSignOptions,
    ports: { crypto: Crypto; now: number },
    bodyHashes: BodyHashes,
  ) {
    this.#fields = fields;
    this.#found = found;
    this.#options = options;
    this.#crypto = ports.crypto;
    this.#now = ports.now;
    this.#bodyHash = bodyHashes.get(options.bodyCanonicalization, "SHA-256");
    // The key is imported while the body comes.
    this.#signer = ports.crypto.signer(found.key, "SHA-256");
    this.#earlier = this.#findEarlier(bodyHashes);
  }

  async end(): Promise<Signed> {
    const { domain, selector } = this.#found;
    // Another thread hashes: it starts before this one waits for anything.
    this.#bodyHash.result().catch(() => {});
    const isSigned = await this.#isSignedAlready();
    return {
      scheme: "dkim",
      algorithm: this.#algorithm,
      domain,
      selector,
      field: isSigned ? undefined : await this.#sign(),
    };
  }

  get #algorithm(): "rsa-sha256" | "ed25519-sha256" {
    return this.#found.key.type === "rsa" ? "rsa-sha256" : "ed25519-sha256";
  }

  async #sign(): Promise<string> {
    const { copiedFields, query } = this.#options;
    const bodyHash = await this.#bodyHash.result();
    const parameters = this.#parameters();
    const names = new Set(
      parameters.signedFields.map((name) => name.toLowerCase()),
    );
    const unsigned = formatDkimSignature(parameters, bodyHash.toBase64(), {
      query,
      ...(copiedFields
        ? {
          copiedFields: this.#fields.filter(({ name }) =>
            names.has(name.toLowerCase())
          ),
        }
        : {}),
    });
    const header = formatDkimHeader(this.#fields, parameters, unsigned);
    const signature = await this.#signHeader(this.#signer, header);
    return appendBase64(unsigned.raw, signature.toBase64());
  }

  #parameters(): DkimParameters {
    const { domain, selector } = this.#found;
    const options = this.#options;
    const { identity, expireSeconds } = options;
    const isOurs = identity !== undefined &&
      isWithin(identity.slice(identity.lastIndexOf("@") + 1), domain);
    return {
      algorithm: this.#algorithm,
      headerCanonicalization: options.headerCanonicalization,
      bodyCanonicalization: options.bodyCanonicalization,
      domain,
      selector,
      signedFields: dkimSignedFields(
        this.#fields,
        options.signedFields,
        options.oversignedFields,
      ),
      ...(options.timestamp ? { timestamp: this.#now } : {}),
      ...(expireSeconds === undefined
        ? {}
        : { expiration: this.#now + expireSeconds }),
      ...(isOurs ? { identity } : {}),
      ...(options.bodyLength ? { bodyLength: this.#bodyHash.length } : {}),
    };
  }

  async #signHeader(signer: Digest, header: string): Promise<Uint8Array> {
    const octets = toOctets(header);
    if (this.#found.key.type === "rsa") {
      signer.push(octets);
    } else {
      // Ed25519 signs the SHA-256 of the header, not the header (RFC 8463 section 3).
      const hash = this.#crypto.hash("SHA-256");
      hash.push(octets);
      signer.push(await hash.end());
    }
    return await signer.end();
  }

  #findEarlier(bodyHashes: BodyHashes): Earlier | undefined {
    const { domain, selector } = this.#found;
    for (const field of fieldsNamed(this.#fields, DKIM_SIGNATURE)) {
      const signature = parseDkimSignature(field);
      if (
        typeof signature === "string" ||
        signature.domain.toLowerCase() !== domain
      ) continue;
      if (
        signature.selector !== selector ||
        signature.algorithm !== this.#algorithm
      ) continue;
      if (this.#expiresSoon(signature)) return undefined;
      const { bodyCanonicalization, bodyLength } = signature;
      return {
        signature,
        bodyHash: bodyHashes.get(bodyCanonicalization, "SHA-256", bodyLength),
        fields: this.#fields.filter((other) => other !== field),
      };
    }
    return undefined;
  }

  /**
   * Tells whether less than half of a signature's lifetime is left: it could expire in the queue, where
   * mail may wait for days. Without `t=` the lifetime is taken to be that of a new signature.
   */
  #expiresSoon({ timestamp, expiration }: DkimSignature): boolean {
    if (expiration === undefined) return false;
    const lifetimeSeconds = timestamp === undefined
      ? this.#options.expireSeconds ?? Infinity
      : expiration - timestamp;
    return expiration - this.#now < lifetimeSeconds / 2;
  }

  async #isSignedAlready(): Promise<boolean> {
    if (this.#earlier === undefined) return false;
    const { signature, bodyHash, fields } = this.#earlier;
    // Octets after l= are unsigned: the message needs another signature.
    if ((signature.bodyLength ?? Infinity) < bodyHash.length) return false;
    if (!equalOctets(await bodyHash.result(), signature.bodyHash)) return false;
    const header = formatDkimHeader(fields, signature, signature.unsigned);
    const signer = this.#crypto.signer(this.#found.key, "SHA-256");
    const again = await this.#signHeader(signer, header);
    return equalOctets(again, signature.signature);
  }
}
