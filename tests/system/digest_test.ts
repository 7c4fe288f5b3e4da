// Digests of lib/system/crypto/digest.ts: what comes without a pause is not kept, however much it is.

import { assert, assertEquals } from "@std/assert";
import { createHash, sign } from "node:crypto";
import { parsePrivateKey } from "../../lib/keys/private_key.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { PEM } from "../support/verifying.ts";

const RUN = new Uint8Array(4096).fill(13);
const RUNS = 32_768;
const ALL = new Uint8Array(RUNS * RUN.length).fill(13);
/** What is kept at most is 4 MiB, and what that has grown out of. */
const LIMIT_BYTES = 32 << 20;

const DIGESTS = {
  "hash()": {
    open: () => systemCrypto.hash("SHA-256"),
    expected: () => createHash("sha256").update(ALL).digest(),
  },
  "signer()": {
    open: () => systemCrypto.signer(parsePrivateKey(PEM), "SHA-1"),
    expected: () => sign("sha1", ALL, PEM),
  },
};

for (const [name, { open, expected }] of Object.entries(DIGESTS)) {
  Deno.test(`\`${name}\` keeps little of 128 MiB that come in one turn of the event loop`, async () => {
    const expectedBytes = new Uint8Array(expected());
    const digest = open();
    const before = Deno.memoryUsage().external;
    for (let count = 0; count < RUNS; count++) digest.push(RUN);
    const kept = Deno.memoryUsage().external - before;
    assertEquals(await digest.end(), expectedBytes);
    assert(kept < LIMIT_BYTES, `${kept} bytes are kept`);
  });
}
