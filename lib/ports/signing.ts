// Signers of every scheme as a signing pass sees them, as types alone.

/** The kinds of signatures. */
export const SCHEMES = ["dkim", "domainkeys"] as const;
/** A kind of signature. */
export type Scheme = typeof SCHEMES[number];

/** A signature that was made, or that the message had already. */
export interface Signed {
  scheme: Scheme;
  algorithm: string;
  domain: string;
  selector: string;
  /** The field without its last line end; `undefined` when the message had it already. */
  field: string | undefined;
}

/** One signature in the making. */
export interface Signer {
  /** Takes the next octets of the body. A signer without it uses the shared body hashes. */
  push?(run: Uint8Array): void;
  end(): Promise<Signed>;
}
