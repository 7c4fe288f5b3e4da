// BodyHashes: the RFC's hashes of an empty body, one digest for each distinct pair and length, and
// what l= covers.

import {
  assertEquals,
  assertNotStrictEquals,
  assertStrictEquals,
} from "@std/assert";
import type { DkimCanonicalization } from "../../lib/message/canonicalization.ts";
import { toOctets, toText } from "../../lib/message/octets.ts";
import { BodyHashes } from "../../lib/dkim/body_hashes.ts";
import type { Crypto, HashName } from "../../lib/ports/crypto.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { assertSameForEverySplit, feed } from "../support/laws.ts";
import { echoCrypto } from "../support/signing.ts";

/** RFC 6376 sections 3.4.3 and 3.4.4 print the hashes of an empty body. */
const EMPTY: [DkimCanonicalization, HashName, base64: string][] = [
  ["simple", "SHA-1", "uoq1oCgLlTqpdDX/iUbLy7J1Wic="],
  ["simple", "SHA-256", "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="],
  ["relaxed", "SHA-1", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="],
  ["relaxed", "SHA-256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="],
];

for (const [canonicalization, hash, base64] of EMPTY) {
  for (
    const [name, body] of [["no body", ""], ["empty lines", "\n\n\n"]] as const
  ) {
    Deno.test(`\`BodyHashes\` gives the ${hash} of RFC 6376 for ${name}, ${canonicalization}`, async () => {
      const hashes = new BodyHashes(systemCrypto);
      const bodyHash = hashes.get(canonicalization, hash);
      feed(hashes, [toOctets(body)]);
      assertEquals((await bodyHash.result()).toBase64(), base64);
    });
  }
}

/** l= and what it leaves of the body "a b" and an empty line more, relaxed. */
const LIMITS: Record<string, [limit: number | undefined, octets: string]> = {
  "all without a limit": [undefined, "a b\r\n\r\nc\r\n"],
  "all with a limit that is the length": [10, "a b\r\n\r\nc\r\n"],
  "all with a limit beyond the length": [11, "a b\r\n\r\nc\r\n"],
  "all but the last octet": [9, "a b\r\n\r\nc\r"],
  "half a line end": [4, "a b\r"],
  "one octet": [1, "a"],
  "nothing": [0, ""],
};

for (const [name, [limit, octets]] of Object.entries(LIMITS)) {
  Deno.test(`\`BodyHashes\` hashes ${name}, for every split, and counts the whole`, async () => {
    const hash = async (chunks: Uint8Array[]) => {
      const hashes = new BodyHashes(echoCrypto);
      const bodyHash = hashes.get("relaxed", "SHA-256", limit);
      feed(hashes, chunks);
      return `${toText(await bodyHash.result())} of ${bodyHash.length}`;
    };
    const body = "a \t b \n\nc\n\n";
    assertEquals(await hash([toOctets(body)]), `${octets} of 10`);
    await assertSameForEverySplit(body, hash);
  });
}

Deno.test("`BodyHashes` makes one digest for each distinct canonicalization, hash and limit", async () => {
  const made: HashName[] = [];
  const crypto: Crypto = {
    ...echoCrypto,
    hash(name) {
      made.push(name);
      return echoCrypto.hash(name);
    },
  };
  const hashes = new BodyHashes(crypto);
  const first = hashes.get("relaxed", "SHA-256");
  assertStrictEquals(hashes.get("relaxed", "SHA-256"), first);
  assertStrictEquals(hashes.get("relaxed", "SHA-256", Infinity), first);
  const others = [
    hashes.get("simple", "SHA-256"),
    hashes.get("relaxed", "SHA-1"),
    hashes.get("relaxed", "SHA-256", 3),
  ];
  for (const other of others) assertNotStrictEquals(other, first);
  assertStrictEquals(hashes.get("relaxed", "SHA-256", 3), others[2]);
  assertEquals(made, ["SHA-256", "SHA-256", "SHA-1", "SHA-256"]);

  feed(hashes, [toOctets("a  b")]);
  const results = await Promise.all([first, ...others].map((h) => h.result()));
  assertEquals(results.map(toText), ["a b\r\n", "a  b\r\n", "a b\r\n", "a b"]);
});

Deno.test("`BodyHash.result()` can be asked for twice", async () => {
  const hashes = new BodyHashes(systemCrypto);
  const bodyHash = hashes.get("relaxed", "SHA-256");
  feed(hashes, [toOctets("a")]);
  assertStrictEquals(await bodyHash.result(), await bodyHash.result());
});
