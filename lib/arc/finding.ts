// The result of validating a chain, as types alone.

import type { ArcWitness } from "../dmarc/excuse.ts";
import type { ArcFault } from "./chain.ts";

/** The finding on a chain. For a good one the reason has i= and d= of the newest set. */
export interface ArcFinding extends ArcFault {
  /** Details for a person. */
  detail?: string;
  /** `i=` of the newest set, 0 without one. */
  instance: number;
  /** `d=` of the newest seal, if it can be read. */
  domain?: string;
  /**
   * For a good chain: the oldest set such that its message signature and all newer ones verify, 0 if all
   * do (RFC 8617 section 5.2, step 5).
   */
  oldestPass?: number;
  /** For a good chain: each sealer, and the authors for whom DMARC passed there, in the order of the sets. */
  sets: ArcWitness[];
}
