// What validating says of a chain, as types alone.

import type { ArcWitness } from "../dmarc/excuse.ts";
import type { ArcFault } from "./chain.ts";

/** What became of a chain; its reason is i= and d= of the newest set where it is good. */
export interface ArcFinding extends ArcFault {
  /** What a person wants to know beyond that. */
  detail?: string;
  /** `i=` of the newest set, 0 without one. */
  instance: number;
  /** `d=` of the newest seal, where it can be read. */
  domain?: string;
  /**
   * Of a good chain: the first set from which on every message signature still verifies, 0 when all do
   * (RFC 8617 section 5.2, step 5).
   */
  oldestPass?: number;
  /** Of a good chain: who sealed, and for which authors DMARC passed then, from the first set on. */
  sets: ArcWitness[];
}
