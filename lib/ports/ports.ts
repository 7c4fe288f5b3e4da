// What a pass asks of the machine, as types alone: lib/system implements them,
// tests and the library put their own in their place.

import type { PrivateKey } from "../keys/private_key.ts";

/** The hash functions that signatures name, as WebCrypto calls them. */
export type HashName = "SHA-1" | "SHA-256";

/** Takes octets run by run, in bounded memory, and turns them into a digest or a signature. */
export interface Digest {
  /** Takes the next octets; the run is only read during the call. */
  push(run: Uint8Array): void;
  /** Takes the end; to be called once. */
  end(): Promise<Uint8Array>;
}

/** The hashing and signing of a pass. */
export interface Crypto {
  hash(name: HashName): Digest;
  /** RSASSA-PKCS1-v1_5 with the hash; Ed25519 signs the octets themselves. */
  signer(key: PrivateKey, hash: HashName): Digest;
  /** @param publicKey 32 octets. */
  verifyEd25519(
    publicKey: Uint8Array<ArrayBuffer>,
    octets: Uint8Array,
    signature: Uint8Array,
  ): Promise<boolean>;
}

/** A private key that was found for a domain. */
export interface FoundKey {
  key: PrivateKey;
  /** `d=`: the domain asked for, or the parent whose key it is. */
  domain: string;
  /** `s=` */
  selector: string;
}

/** Looks private keys up. */
export interface KeyStore {
  /**
   * @param pattern A path in which `%` stands for the domain.
   * @returns The key of the domain or of its nearest parent, `undefined` when none of them has one.
   * @throws If a key is there and can not be used.
   */
  find(pattern: string, domain: string): FoundKey | undefined;
  /** What the log has to say of the keys that were found. */
  warnings?(): Note[];
}

/** What DNS said of a name's TXT records. */
export type TxtAnswer =
  /** One string of bytes (each char one octet) for each record, its strings joined. */
  | { outcome: "records"; records: string[] }
  /** The name is there without a TXT record, or is not there at all. */
  | { outcome: "nodata" | "nxdomain" }
  /** Nothing is known now: SERVFAIL, REFUSED, timeout, garbage, no server. */
  | { outcome: "temporary"; detail: string }
  /** The name can not be asked for: a label over 63 or a name over 255 octets, or an empty label. */
  | { outcome: "too long" };

/** Looks up TXT records. Trouble is an outcome; to throw or to reject is a temporary one. */
export interface Resolver {
  /**
   * Asks for the TXT records of a name.
   *
   * @param name A domain name without a final dot.
   */
  txt(name: string): Promise<TxtAnswer>;
}

/** A fact for the log line: `key=value`. */
export type Note = readonly [key: string, value: string | number];

/** What a pass says of a message when it has ended. */
export interface Outcome {
  /** The header fields to put on top, each with its LF: an octet string. */
  prelude: string;
  /** Octets of the message that were held back so far. */
  rest?: Uint8Array;
  /** What was done, in the log's words. */
  done: string;
  notes: Note[];
  /** The message is not to be queued, and what the SMTP client is told. */
  refusal?: { action: "reject" | "defer"; text: string };
}

/** Reads a message once, and says what is to become of it. */
export interface Pass {
  /** What goes on of the next octets; without it, all of them do. */
  filter?(chunk: Uint8Array): Uint8Array;
  /** Takes the next octets of the message; the chunk is only read during the call. */
  push(chunk: Uint8Array): void;
  /**
   * Takes the end of the message; to be called once.
   *
   * @param sender The envelope's, empty for a bounce; it comes after the message.
   */
  end(sender: Promise<string>): Promise<Outcome>;
}
