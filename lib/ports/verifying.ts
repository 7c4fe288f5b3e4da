// What verifies a signature, whatever its scheme, as types alone: what it is given, and what it finds.

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
  /** Let a message pass though anybody may have appended to its body, after what `l=` counts. */
  allowAppendedBody: boolean;
}

/** What verifying asks of the machine. */
export interface VerifyPorts {
  crypto: Crypto;
  resolver: Resolver;
  /** The time of verifying in seconds since 1970. */
  now: number;
}

/** A header, and what makes it none, where it is malformed: then no signature in it passes. */
export interface Header {
  fields: HeaderField[];
  malformed: string | undefined;
  /** Of From, as everybody reads it. */
  author: Author;
}

/** A status, and the result word where policy replaces it. */
export interface Finding<Status> {
  status: Status;
  result?: ResultWord;
  /** What a person wants to know beyond that. */
  detail?: string;
}

/** What a signature names, as it was written; a sender's word until it is good. */
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
