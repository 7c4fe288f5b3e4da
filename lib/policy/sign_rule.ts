// What a site wants of the mail of one domain: signatures, and of what kind, or none.

import type { SignOptions } from "./options.ts";

/** Why a domain's mail gets no signature of that domain. */
export interface Unsigned {
  /** For the log. */
  reason: string;
  /** Another author's key is not looked for either. */
  isFinal: boolean;
  align: SignOptions["align"];
}

/** What is to become of the mail of a domain. */
export type SignRule = SignOptions | Unsigned;

/**
 * Finds the rule for an author's mail.
 *
 * @param domain As the sender wrote it, an octet string.
 */
export type SignRules = (domain: string) => SignRule;
