// The options for new DomainKey-Signature fields, as types alone.

import type { DomainKeysCanonicalization } from "../message/canonicalization.ts";

/** The options for new DomainKey-Signature fields. */
export interface DomainKeysSignOptions {
  canonicalization: DomainKeysCanonicalization;
  /** Leave out of `h=` the names that occur more than once. */
  uniqueFields: boolean;
}
