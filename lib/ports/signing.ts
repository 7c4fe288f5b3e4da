// One signature in the making, whatever its scheme: what a signing pass conducts.

/** The kinds of signatures. */
export const SCHEMES = ["dkim", "domainkeys"] as const;
/** A kind of signature. */
export type Scheme = typeof SCHEMES[number];

/** A signature made, or found in the message and left. */
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
  /** Takes the next octets of the body; without it, they come by way of the body hashes. */
  push?(run: Uint8Array): void;
  end(): Promise<Signed>;
}
