// `readChain()`: what is no chain, whatever its signatures are worth (RFC 8617 section 5.2, steps 1 to
// 3), and headers of fields by the thousand.

import { assert, assertEquals } from "@std/assert";
import { type Chain, readChain } from "../../lib/arc/chain.ts";
import { parseHeader } from "../../lib/message/header.ts";
import { AAR, AMS, AS } from "../support/arc_sets.ts";

/** A set as far as its structure goes. */
function set(i: string | number, cv = i === 1 ? "none" : "pass"): string {
  return `${seal(i, cv)}${AMS}: i=${i}; b=AAAA\n${AAR}: i=${i}; x; spf=pass\n`;
}

function seal(i: string | number, cv: string, more = ""): string {
  return `${AS}: i=${i}; a=rsa-sha256; cv=${cv}; d=d.example; s=s; b=AAAA${more}\n`;
}

function sets(count: number): string {
  return Array.from({ length: count }, (_, n) => set(n + 1)).join("");
}

function read(header: string): Chain {
  return readChain(parseHeader(header));
}

const ROWS: [name: string, header: string, expected: string][] = [
  ["no set", "From: a\n", "good 0"],
  ["one set", set(1), "good 1"],
  ["two sets", set(2) + set(1), "good 2"],
  ["50 sets", sets(50), "good 50"],
  ["names in any case", set(1).toLowerCase(), "good 1"],
  ["51 sets", sets(51), "tooManySets 51: over 50 sets"],
  ["i=51 alone", set(51), "tooManySets 51: i=51"],
  ["1,000 sets", sets(99).repeat(11), "tooManySets 51: over 50 sets"],
  ["a gap", set(3) + set(1), `badStructure 3: i=2: no ${AAR}`],
  ["no first set", set(2), `badStructure 2: i=1: no ${AAR}`],
  ["a set twice", set(1) + set(1), `badStructure 1: i=1: more than one ${AAR}`],
  ["i=0", set(0), `badStructure 0: no usable i= in ${AAR}`],
  ["i= without a number", set(""), `badStructure 0: no usable i= in ${AAR}`],
  ["i=100", set(100), `badStructure 0: no usable i= in ${AAR}`],
  ["i=-1", set(-1), `badStructure 0: no usable i= in ${AAR}`],
  ["i=1x", set("1x"), `badStructure 0: no usable i= in ${AAR}`],
  ["no results", withoutField(AAR), `badStructure 1: i=1: no ${AAR}`],
  ["no message signature", withoutField(AMS), `badStructure 1: i=1: no ${AMS}`],
  ["no seal", withoutField(AS), `badStructure 1: i=1: no ${AS}`],
  [
    "two seals",
    seal(1, "none") + set(1),
    `badStructure 1: i=1: more than one ${AS}`,
  ],
  [
    "a seal beside the sets",
    `${AS}: x=1\n${set(1)}`,
    `badStructure 1: no usable i= in ${AS}`,
  ],
  ["cv=pass in the first", set(1, "pass"), "badStructure 1: i=1: cv=pass"],
  [
    "cv=none in the second",
    set(2, "none") + set(1),
    "badStructure 2: i=2: cv=none",
  ],
  [
    "cv=fail in the newest",
    set(2, "fail") + set(1),
    "failedBefore 2: i=2: cv=fail",
  ],
  ["cv=fail in the only one", set(1, "fail"), "failedBefore 1: i=1: cv=fail"],
  [
    "cv=fail after a gap",
    set(3, "fail") + set(1),
    "failedBefore 3: i=3: cv=fail",
  ],
  [
    "cv=fail in an older one",
    set(2) + set(1, "fail"),
    "badStructure 2: i=1: cv=fail",
  ],
  [
    "no cv=",
    set(1).replace("cv=none; ", ""),
    `badStructure 1: i=1: bad syntax in ${AS}`,
  ],
  [
    "an unknown cv=",
    set(1, "maybe"),
    `badStructure 1: i=1: bad syntax in ${AS}`,
  ],
  [
    "h= in a seal",
    set(1).replace("s=s;", "s=s; h=from;"),
    `badStructure 1: i=1: bad syntax in ${AS}`,
  ],
  [
    "a bad t= in a seal",
    set(1).replace("s=s;", "s=s; t=x;"),
    `badStructure 1: i=1: bad syntax in ${AS}`,
  ],
  [
    "a tag twice in a seal",
    set(1).replace("s=s;", "s=s; s=s;"),
    `badStructure 1: no usable i= in ${AS}`,
  ],
  [
    "an empty tag in a seal",
    set(1).replace("s=s;", "s=s;;"),
    `badStructure 1: no usable i= in ${AS}`,
  ],
  [
    "a tag of another case in a seal",
    set(1).replace("s=s", "S=s"),
    `badStructure 1: i=1: bad syntax in ${AS}`,
  ],
  [
    "a tag twice in a message signature",
    set(1).replace("b=AAAA\nARC-A", "b=AAAA; b=A\nARC-A"),
    `badStructure 1: no usable i= in ${AMS}`,
  ],
  [
    "rsa-sha1 in a seal",
    set(1).replace("sha256", "sha1"),
    `badStructure 1: i=1: rsa-sha1 in ${AS}`,
  ],
  [
    "results of another set",
    set(1).replace(`${AAR}: i=1`, `${AAR}: i=2`),
    `badStructure 2: i=1: no ${AAR}`,
  ],
];

function withoutField(name: string): string {
  return set(1).replace(new RegExp(`^${name}:.*\n`, "m"), "");
}

for (const [name, header, expected] of ROWS) {
  Deno.test(`\`readChain()\` knows what to say of ${name}`, () => {
    const { sets, highest, fault } = read(header);
    assertEquals(
      fault === undefined
        ? `good ${sets.length}`
        : `${fault.status} ${highest}: ${fault.reason}`,
      expected,
    );
    if (fault === undefined) assertEquals(highest, sets.length);
    else assertEquals(sets, []);
  });
}

Deno.test("`readChain()` gives the sets from the first on, as later seals cover them", () => {
  const { sets } = read(set(3) + set(1) + set(2));
  assertEquals(sets.map(({ seal }) => seal.instance), [1, 2, 3]);
  assertEquals(
    sets[0]!.canonical,
    "arc-authentication-results:i=1; x; spf=pass\r\n" +
      "arc-message-signature:i=1; b=AAAA\r\n" +
      "arc-seal:i=1; a=rsa-sha256; cv=none; d=d.example; s=s; b=AAAA\r\n",
  );
});

Deno.test("`readChain()` reads a header of 1 MiB of ARC fields in less than 100 ms", () => {
  const unit = `${AS}: i=1; a=1\n${AMS}: i=1;b=${";a=".repeat(99)}\n${AAR}: ${
    "()".repeat(99)
  }i=1\n`;
  const fields = parseHeader(unit.repeat((1 << 20) / unit.length));
  assert(fields.length > 4000);
  let fastestMs = Infinity;
  for (let run = 0; run < 3; run++) {
    const start = performance.now();
    assertEquals(readChain(fields).fault?.status, "tooManySets");
    fastestMs = Math.min(fastestMs, performance.now() - start);
  }
  assert(fastestMs < 100, `${fastestMs} ms`);
});
