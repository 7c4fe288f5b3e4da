// Makes one DomainKey-Signature (RFC 4870 section 3.4): one RSA signature over header and body
// together. As with DKIM, a message with a good one of ours gets no other.

import {
  createDomainKeysBody,
  DOMAINKEY_SIGNATURE,
  type DomainKeysParameters,
  formatDomainKeysHeader,
  formatDomainKeysSignature,
  parseDomainKeysSignature,
} from "./signature.ts";
import { type HeaderField, isNamed } from "../message/header.ts";
import { equalOctets, toOctets } from "../message/octets.ts";
import type { Stage } from "../message/stage.ts";
import { appendBase64 } from "../message/tag_list.ts";
import type { DomainKeysSignOptions } from "./sign_options.ts";
import { domainKeysSignedFields } from "./signed_fields.ts";
import type { Crypto, Digest } from "../ports/crypto.ts";
import type { FoundKey } from "../ports/key_store.ts";
import type { Signed, Signer } from "../ports/signing.ts";

/** Makes one DomainKey-Signature. */
export class DomainKeysSigner implements Signer {
  #found: FoundKey;
  #parameters: DomainKeysParameters;
  #own: Stream;
  #earlier: { stream: Stream; signature: Uint8Array } | undefined;

  /** @param fields The header as it came. */
  constructor(
    fields: HeaderField[],
    found: FoundKey,
    options: DomainKeysSignOptions,
    crypto: Crypto,
  ) {
    this.#found = found;
    this.#parameters = {
      canonicalization: options.canonicalization,
      domain: found.domain,
      selector: found.selector,
      signedFields: domainKeysSignedFields(fields, options.uniqueFields),
    };
    this.#own = new Stream(fields, this.#parameters, found, crypto);
    this.#earlier = findEarlier(fields, found, crypto);
  }

  push(run: Uint8Array): void {
    this.#own.push(run);
    this.#earlier?.stream.push(run);
  }

  async end(): Promise<Signed> {
    const { domain, selector } = this.#found;
    const signature = await this.#own.end();
    const again = await this.#earlier?.stream.end();
    const isSigned = again !== undefined &&
      equalOctets(again, this.#earlier!.signature);
    const unsigned = formatDomainKeysSignature(this.#parameters);
    return {
      scheme: "domainkeys",
      algorithm: "rsa-sha1",
      domain,
      selector,
      field: isSigned
        ? undefined
        : appendBase64(unsigned.raw, signature.toBase64()),
    };
  }
}

/** Feeds header and body into one RSA signature. */
class Stream {
  #signer: Digest;
  #body: Stage;

  constructor(
    fields: HeaderField[],
    parameters: DomainKeysParameters,
    found: FoundKey,
    crypto: Crypto,
  ) {
    this.#signer = crypto.signer(found.key, "SHA-1");
    this.#signer.push(toOctets(formatDomainKeysHeader(fields, parameters)));
    this.#body = createDomainKeysBody(
      parameters,
      (run) => this.#signer.push(run),
    );
  }

  push(run: Uint8Array): void {
    this.#body.push(run);
  }

  end(): Promise<Uint8Array> {
    this.#body.end();
    return this.#signer.end();
  }
}

function findEarlier(fields: HeaderField[], found: FoundKey, crypto: Crypto) {
  for (const [at, field] of fields.entries()) {
    if (!isNamed(field, DOMAINKEY_SIGNATURE)) continue;
    const signature = parseDomainKeysSignature(field);
    if (
      typeof signature === "string" ||
      signature.domain.toLowerCase() !== found.domain
    ) continue;
    if (signature.selector !== found.selector) continue;
    const stream = new Stream(fields.slice(at + 1), signature, found, crypto);
    return { stream, signature: signature.signature };
  }
  return undefined;
}
