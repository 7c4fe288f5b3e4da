// Verifiers of every scheme as types alone: their input and their findings.

import type { ResultWord } from "../authres/authentication_results.ts";
import type { Author } from "../message/author.ts";
import type { HeaderField } from "../message/header.ts";
import type { Crypto } from "./crypto.ts";
import type { Resolver } from "./resolver.ts";

/** How strict to be; the filters are as strict as RFC 8301. */
export interface VerifyOptions {
  /** Let rsa-sha1 pass in DKIM. */
  allowRsaSha1: boolean;
  /** RSA keys of fewer bits do not pass. */
  minRsaBits: number;
  /** Let a message pass whose body is longer than `l=` says: anybody may have appended the rest. */
  allowAppendedBody: boolean;
}

/** The ports that verifying needs. */
export interface VerifyPorts {
  crypto: Crypto;
  resolver: Resolver;
  /** The time of verifying in seconds since 1970. */
  now: number;
}

/** A header, and its fault if it is malformed. No signature in a malformed header passes. */
export interface Header {
  fields: HeaderField[];
  malformed: string | undefined;
  /** Of From, as everybody reads it. */
  author: Author;
}

/** A status, and the result if it differs from that of the status. */
export interface Finding<Status> {
  status: Status;
  result?: ResultWord;
  /** Details for a person. */
  detail?: string;
}

/** The tags of a signature as written. Only a good signature vouches for them. */
export interface SignatureNames {
  /** `d=` */
  domain?: string;
  /** `s=` */
  selector?: string;
  /** `a=` */
  algorithm?: string;
  /** `i=` */
  identity?: string;
  /** `b=`, decoded. */
  signature?: Uint8Array;
}
