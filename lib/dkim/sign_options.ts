// What a site may want of its DKIM-Signature fields, as types alone.

import type { DkimCanonicalization } from "../message/canonicalization.ts";

/** How DKIM-Signature fields are made. */
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
  /** Write this `i=`, where it is of the signing domain: quoted, its domain as A-labels. */
  identity?: string;
  /** Write `x=`, this many seconds after the time of signing. */
  expireSeconds?: number;
  /** Field names to sign, in the order of `h=`; a final `*` stands for any ending. */
  signedFields: readonly string[];
  /** Field names to sign once more than they occur, so that none can be added. */
  oversignedFields: readonly string[];
}
