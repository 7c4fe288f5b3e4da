// toText() and toOctets(): each char one octet, both ways.

import { assertEquals } from "@std/assert";
import {
  equalOctets,
  joinOctets,
  toOctets,
  toText,
} from "../../lib/message/octets.ts";
import { assertInverse } from "../support/laws.ts";

const ALL = Uint8Array.from({ length: 256 }, (_, octet) => octet);

Deno.test("`toText()` makes each octet the char of its number", () => {
  const codes = Array.from(toText(ALL), (char) => char.codePointAt(0));
  assertEquals(codes, [...ALL]);
});

Deno.test("`toText()` and `toOctets()` are inverse", () => {
  const longs = [0, 1, 8191, 8192, 8193, 100_000].map((length) =>
    Uint8Array.from({ length }, (_, n) => n * 7)
  );
  for (const octets of [ALL, ...longs]) {
    assertEquals(equalOctets(toOctets(toText(octets)), octets), true);
  }
  assertInverse(
    (random) => random.text("a\0\x7f\x80\xc3\xff", 0, 6),
    (text) => toText(toOctets(text)),
    (text) => text,
    { seed: 40, rounds: 2000 },
  );
});

Deno.test("`toOctets()` takes the low eight bits of other chars", () => {
  assertEquals([...toOctets("\u0141\u20ac\ud83d")], [0x41, 0xac, 0x3d]);
});

Deno.test("`equalOctets()` compares length and each octet", () => {
  const octets = Uint8Array.of(1, 2, 3);
  assertEquals(equalOctets(octets, Uint8Array.of(1, 2, 3)), true);
  assertEquals(equalOctets(octets, Uint8Array.of(1, 2, 4)), false);
  assertEquals(equalOctets(octets, Uint8Array.of(1, 2)), false);
  assertEquals(equalOctets(octets, Uint8Array.of(1, 2, 3, 0)), false);
  assertEquals(equalOctets(new Uint8Array(), new Uint8Array()), true);
});

Deno.test("`joinOctets()` puts parts one after the other", () => {
  const parts = [[1], [], [2, 3]].map((part) => Uint8Array.from(part));
  assertEquals([...joinOctets(parts)], [1, 2, 3]);
  assertEquals([...joinOctets([])], []);
});
