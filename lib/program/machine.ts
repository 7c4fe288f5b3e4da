// What a pass has of this machine, beside what its own variables say.

import type { Crypto } from "../ports/crypto.ts";
import type { KeyTableFiles } from "../system/keys/key_table_files.ts";
import type { KeyCache } from "../system/keys/key_cache.ts";

/** What messages of one process can share. */
export interface Machine {
  crypto: Crypto;
  /** Private keys that are known already. */
  keys?: KeyCache;
  /** Tables of keys that were read already. */
  tables?: KeyTableFiles;
}
