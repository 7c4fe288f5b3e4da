// The body of a message, hashed once for each distinct pair of canonicalization and hash,
// and once more for each length (RFC 6376 section 3.7). Knows no signature.

import {
  DKIM_CANONICALIZATIONS,
  type DkimCanonicalization,
} from "../message/canonicalization.ts";
import type { Sink, Stage } from "../message/stage.ts";
import type { Crypto, Digest, HashName } from "../ports/crypto.ts";

/** One hash over a canonical body, or over its first octets. */
export class BodyHash {
  /** Octets of the canonical body so far, whether they are hashed or not. */
  length = 0;
  #digest: Digest;
  #limit: number;
  #witnesses: Sink[] = [];
  #result: Promise<Uint8Array> | undefined;

  /** @param limit `l=`: how many octets are hashed at most. */
  constructor(digest: Digest, limit: number) {
    this.#digest = digest;
    this.#limit = limit;
  }

  push(run: Uint8Array): void {
    const room = this.#limit - this.length;
    this.length += run.length;
    if (room <= 0) return;
    const hashed = room < run.length ? run.subarray(0, room) : run;
    this.#digest.push(hashed);
    for (const witness of this.#witnesses) witness(hashed);
  }

  /** Copies every hashed octet to a witness. To be called before the body begins. */
  tee(witness: Sink): void {
    this.#witnesses.push(witness);
  }

  /** Gives the digest. To be called after the end of the body, as often as needed. */
  result(): Promise<Uint8Array> {
    return this.#result ??= this.#digest.end();
  }
}

/** The body hashes of all signatures of a message. */
export class BodyHashes implements Stage {
  #crypto: Crypto;
  #stages = new Map<DkimCanonicalization, Stage>();
  #sinks = new Map<DkimCanonicalization, Sink[]>();
  #hashes = new Map<string, BodyHash>();

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  /** Gives the hash for a signature. To be called before the body begins. */
  get(
    canonicalization: DkimCanonicalization,
    hash: HashName,
    limit = Infinity,
  ): BodyHash {
    const id = `${canonicalization} ${hash} ${limit}`;
    let bodyHash = this.#hashes.get(id);
    if (bodyHash === undefined) {
      bodyHash = new BodyHash(this.#crypto.hash(hash), limit);
      this.#hashes.set(id, bodyHash);
      const taker = bodyHash;
      this.#sinksOf(canonicalization).push((run) => taker.push(run));
    }
    return bodyHash;
  }

  push(chunk: Uint8Array): void {
    for (const stage of this.#stages.values()) stage.push(chunk);
  }

  end(): void {
    for (const stage of this.#stages.values()) stage.end();
  }

  #sinksOf(canonicalization: DkimCanonicalization): Sink[] {
    const known = this.#sinks.get(canonicalization);
    if (known !== undefined) return known;
    const sinks: Sink[] = [];
    const sink = (run: Uint8Array) => sinks.forEach((take) => take(run));
    this.#sinks.set(canonicalization, sinks);
    this.#stages.set(
      canonicalization,
      DKIM_CANONICALIZATIONS[canonicalization].body(sink),
    );
    return sinks;
  }
}
