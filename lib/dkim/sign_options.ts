// The options for new DKIM-Signature fields, as types alone.

import type { DkimCanonicalization } from "../message/canonicalization.ts";

/** The options for new DKIM-Signature fields. */
export interface DkimSignOptions {
  headerCanonicalization: DkimCanonicalization;
  bodyCanonicalization: DkimCanonicalization;
  /** Write `l=`. */
  bodyLength: boolean;
  /** Write `q=`. */
  query: boolean;
  /** Write `t=`. */
  timestamp: boolean;
  /** Write `z=`. */
  copiedFields: boolean;
  /** Write this `i=` if it is within the signing domain. It is quoted already, with A-labels. */
  identity?: string;
  /** Write `x=`, this many seconds after the time of signing. */
  expireSeconds?: number;
  /** Field names to sign, in the order of `h=`; a final `*` stands for any ending. */
  signedFields: readonly string[];
  /** Field names to list once more than they occur, so that nobody can add such a field. */
  oversignedFields: readonly string[];
}
