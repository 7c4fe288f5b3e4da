// What a site may want of its DomainKey-Signature fields, as types alone.

import type { DomainKeysCanonicalization } from "../message/canonicalization.ts";

/** How DomainKey-Signature fields are made. */
export interface DomainKeysSignOptions {
  canonicalization: DomainKeysCanonicalization;
  /** Leave out of `h=` the names that occur more than once. */
  uniqueFields: boolean;
}
