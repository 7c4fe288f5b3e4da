// `dmarcPasses()`: for whom a results field says `dmarc=pass`, and for whom it does not.

import { assertEquals } from "@std/assert";
import { dmarcPasses } from "../../lib/authres/author_domains.ts";

const ROWS: [value: string, domains: string[]][] = [
  ["mx; dmarc=pass header.from=a.example", ["a.example"]],
  ["mx; dmarc=pass (p=none) header.from=A.Example", ["a.example"]],
  [
    "mx;\n\tspf=pass smtp.mailfrom=b.example;\n\tdmarc=pass\n\theader.from=a.example",
    ["a.example"],
  ],
  ["mx; DMARC=PASS header.from=a.example", ["a.example"]],
  ["mx; dmarc/1=pass header.from=a.example", ["a.example"]],
  ["mx; dmarc = pass header . from = a.example", ["a.example"]],
  ['mx; dmarc=pass header.from="a.example"', ["a.example"]],
  ["mx; dmarc=pass header.from=x@a.example", ["a.example"]],
  ["mx; dmarc=pass header.from=\xc3\xbc.example", ["xn--tda.example"]],
  ["mx; dmarc=pass header.from=a.example; dmarc=pass header.from=b.example", [
    "a.example",
    "b.example",
  ]],
  ["mx; dmarc=fail header.from=a.example; dmarc=pass header.from=b.example", [
    "b.example",
  ]],
  ["mx; dmarc=fail header.from=a.example; dkim=pass header.d=a.example", []],
  ["mx; dkim=pass header.from=a.example", []],
  ["mx; dmarc=pass", []],
  ["mx; dmarc=pass header.d=a.example", []],
  ["mx; x-dmarc=pass header.from=a.example", []],
  ['mx; dmarc=fail reason="; dmarc=pass header.from=a.example"', []],
  ["mx; dmarc=fail (; dmarc=pass header.from=a.example)", []],
  ["mx; dmarc=fail (dmarc=pass (header.from=a.example);", []],
  ['mx; dmarc="pass" header.from=a.example', []],
  ["", []],
];

const PASS = "mx; dmarc=pass header.from=a.example (";

Deno.test("`dmarcPasses()` reads 8 KiB, and nothing of what is longer", () => {
  const longest = PASS + "x".repeat(8192 - PASS.length);
  assertEquals(dmarcPasses(longest), ["a.example"]);
  assertEquals(dmarcPasses(`${longest}x`), []);
});

for (const [value, domains] of ROWS) {
  Deno.test(`\`dmarcPasses()\` finds ${domains.join() || "nobody"} in ${JSON.stringify(value)}`, () => {
    assertEquals(dmarcPasses(value), domains);
  });
}
