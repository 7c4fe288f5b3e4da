// The two that hash, sign and verify: that of a filter for one mail, and that of the resident process.

import type { Crypto } from "../../lib/ports/crypto.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { LibCrypto } from "../../lib/system/crypto/libcrypto.ts";
import { openWarmCrypto } from "../../lib/system/crypto/warm_crypto.ts";

/** A crypto for a test, which is ignored where this machine has none. */
export interface Case {
  name: string;
  crypto: Crypto;
  ignore: boolean;
}

const warm = openWarmCrypto();

export const CRYPTOS: Case[] = [
  { name: "WebCrypto", crypto: systemCrypto, ignore: false },
  {
    name: LibCrypto.open() === undefined
      ? "libcrypto (ignored: none here)"
      : "libcrypto",
    crypto: warm.crypto,
    ignore: LibCrypto.open() === undefined,
  },
];
