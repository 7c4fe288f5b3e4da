// Chains that are to cost whoever validates them: bounded in questions, in keys that are tried, in
// hashes of the body, and in time.

import { assert, assertEquals } from "@std/assert";
import { ArcPass } from "../../lib/pass/arc_pass.ts";
import type { Crypto } from "../../lib/ports/crypto.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import {
  briefly,
  sealByHand,
  sealTimes,
  validate,
} from "../support/arc_sets.ts";
import { feed } from "../support/laws.ts";
import { NOW } from "../support/signing.ts";
import { toOctets } from "../../lib/message/octets.ts";
import { MESSAGE, P, publicKeyOf, RSA_KEYS } from "../support/verifying.ts";
import { Zone } from "../support/zone.ts";

const OTHER = `p=${publicKeyOf(RSA_KEYS["1025 bits, exponent 65537"])}`;

/** Validates, and counts what is hashed: each key that is tried hashes a header once. */
async function countHashes(message: string, zone: Zone) {
  let hashes = 0;
  const crypto: Crypto = {
    ...systemCrypto,
    hash(name) {
      hashes++;
      return systemCrypto.hash(name);
    },
  };
  const ports = { crypto, resolver: zone, now: NOW };
  const pass = new ArcPass({ minRsaBits: 1024 }, ports);
  const { verdict } = await feed(pass, [toOctets(message)]);
  return { result: verdict.result, hashes };
}

/** Each set with keys at two names of its own. */
function sealApart(count: number): string {
  return Array.from({ length: count }, (_, n) => n).reduce(
    (sealed, n) =>
      sealByHand(sealed, { message: { s: `m${n}` }, seal: { s: `s${n}` } }),
    MESSAGE,
  );
}

Deno.test("50 sets by 100 keys take 51 questions, each asked once", async () => {
  const zone = new Zone({ "*": P });
  const { result, hashes } = await countHashes(sealApart(50), zone);
  assertEquals(result, "pass");
  assertEquals(zone.asked.length, 51);
  assertEquals(new Set(zone.asked).size, 51);
  // 51 headers and one body.
  assertEquals(hashes, 52);
});

Deno.test("of 50 sets with four keys at each name no more than ten others are tried", async () => {
  const zone = new Zone({ "*": [OTHER, OTHER, OTHER, P] });
  const { result, hashes } = await countHashes(sealTimes(50), zone);
  assertEquals(result, "fail");
  assert(hashes <= 50 + 10 + 2, `${hashes} hashes`);
});

Deno.test("49 message signatures with l= of their own do not have the body hashed once more", async () => {
  const message = Array.from({ length: 49 }, (_, n) => n).reduce(
    (sealed, n) => sealByHand(sealed, { message: { l: `${n}` } }),
    MESSAGE,
  );
  const zone = new Zone({ "*": P });
  const { result, hashes } = await countHashes(sealByHand(message), zone);
  assertEquals([result, hashes], ["pass", 52]);
});

Deno.test("150 fields of 1 MiB are validated in less than 2 s", async () => {
  let message = MESSAGE;
  for (let n = 0; n < 50; n++) {
    message = sealByHand(message, { results: `x; none ${"x".repeat(20_000)}` });
  }
  const start = performance.now();
  const verdict = await validate(message, new Zone({ "*": P }));
  const tookMs = performance.now() - start;
  assertEquals(briefly(verdict), "pass: i=50 example.com");
  assert(tookMs < 2000, `${tookMs} ms`);
});

Deno.test("a header of 800 first sets asks nothing and hashes nothing", async () => {
  const zone = new Zone({ "*": P });
  const set = sealTimes(1).slice(0, -MESSAGE.length);
  const message = set.repeat(800) + MESSAGE;
  const { result, hashes } = await countHashes(message, zone);
  assertEquals([result, hashes, zone.asked], ["fail", 0, []]);
});
