// Bodies that are hashed as a stream, being large: the same signatures as in one piece, in bounded memory.

import { assert, assertEquals } from "@std/assert";
import { joinOctets, toOctets } from "../../lib/message/octets.ts";
import type { Outcome } from "../../lib/pass/pass.ts";
import type { Crypto, Digest } from "../../lib/ports/crypto.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { makeSignPass, type Signing } from "../support/signing.ts";

const HEADER = "From: alice@example.com\nSubject: large\n\n";
const MIB = 1 << 20;
const CHUNK_BYTES = 64 << 10;

/** Octets of the canonical body, around the 2 and 4 MiB up to which it is kept for one call. */
const SIZES: Record<string, number> = {
  "a few octets less than 2 MiB": 2 * MIB - 3,
  "2 MiB": 2 * MIB,
  "one octet more than 2 MiB": 2 * MIB + 1,
  "a few octets less than 4 MiB": 4 * MIB - 3,
  "4 MiB": 4 * MIB,
  "one octet more than 4 MiB": 4 * MIB + 1,
  "9 MiB": 9 * MIB,
};

for (const [name, octets] of Object.entries(SIZES)) {
  for (
    const [pace, wait] of [["as it comes", pause], [
      "all at once",
      null,
    ]] as const
  ) {
    Deno.test(`\`SignPass\` signs a body of ${name} as in one piece, ${pace}`, async () => {
      const chunks = chunksOf(octets);
      const streamed = await signAtPace(chunks, { crypto: systemCrypto }, wait);
      const whole = await signAtPace(chunks, { crypto: wholeCrypto }, null);
      assertEquals(streamed, whole);
      assertEquals(streamed.action, "signed");
    });
  }
}

Deno.test("`SignPass` leaves its signatures of a body of 9 MiB", async () => {
  const chunks = chunksOf(9 * MIB);
  const { newFields } = await signAtPace(chunks, {}, pause);
  const again = await signAtPace([toOctets(newFields), ...chunks], {}, pause);
  assertEquals([again.action, again.newFields], ["signed before", ""]);
});

Deno.test("`SignPass` keeps less than 40 MiB of a body of 128 MiB", async () => {
  const pass = makeSignPass();
  pass.push(toOctets(HEADER));
  const chunk = new Uint8Array(8 * CHUNK_BYTES).fill(97);
  const before = Deno.memoryUsage().external;
  let most = 0;
  for (let n = 0; n < 128 * MIB / chunk.length; n++) {
    pass.push(chunk);
    await pause();
    most = Math.max(most, Deno.memoryUsage().external - before);
  }
  assertEquals((await pass.end()).action, "signed");
  assert(most < 40 * MIB, `${most} bytes`);
});

/** Keeps everything for one call. */
const wholeCrypto: Crypto = {
  ...systemCrypto,
  hash: (name) => collect((octets) => crypto.subtle.digest(name, octets)),
  signer: (key, hash) =>
    collect(async (octets) => {
      const algorithm = { name: "RSASSA-PKCS1-v1_5", hash };
      const imported = await crypto.subtle.importKey(
        "pkcs8",
        key.pkcs8,
        algorithm,
        false,
        ["sign"],
      );
      return await crypto.subtle.sign(algorithm, imported, octets);
    }),
};

function collect(
  finish: (octets: Uint8Array<ArrayBuffer>) => Promise<ArrayBuffer>,
): Digest {
  const runs: Uint8Array[] = [];
  return {
    push: (run) => runs.push(run.slice()),
    end: async () => new Uint8Array(await finish(joinOctets(runs))),
  };
}

/** A message whose relaxed body is that long, in chunks. */
function chunksOf(octets: number): Uint8Array[] {
  const lines = "0123456789abcdef".repeat(4) + "\n";
  // Each line has a CR more when it is hashed.
  const count = Math.floor(octets / (lines.length + 1)) - 1;
  const rest = octets - count * (lines.length + 1) - "\r\n".length;
  const message = toOctets(HEADER + lines.repeat(count) + "x".repeat(rest));
  const chunks = [];
  for (let at = 0; at < message.length; at += CHUNK_BYTES) {
    chunks.push(message.subarray(at, at + CHUNK_BYTES));
  }
  return chunks;
}

async function signAtPace(
  chunks: Uint8Array[],
  signing: Signing,
  wait: (() => Promise<void>) | null,
): Promise<Outcome> {
  const pass = makeSignPass({ ...signing, dkim: { bodyLength: true } });
  for (const chunk of chunks) {
    const buffer = chunk.slice();
    pass.push(buffer);
    buffer.fill(0xa5);
    await wait?.();
  }
  return await pass.end();
}

/** As long as it takes for what is under way to go on. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
