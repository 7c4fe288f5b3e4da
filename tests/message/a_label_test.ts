// U-labels and what only looks like one; what the runtime's URL parser would make of whole names.

import { assert, assertEquals } from "@std/assert";
import { toALabel, toULabel } from "../../lib/message/a_label.ts";
import { toALabels } from "../../lib/message/domain_name.ts";
import { encodeUtf8, toText } from "../../lib/message/octets.ts";
import { Random } from "../support/random.ts";

const NAMES: Record<string, string | undefined> = {
  "example.com": "example.com",
  "Example.COM": "Example.COM",
  "s_2048.example": "s_2048.example",
  "xn--0.com": "xn--0.com",
  "xn--zzzzz--.com": "xn--zzzzz--.com",
  "bücher.example": "xn--bcher-kva.example",
  "BÜCHER.Example": "xn--bcher-kva.Example",
  "1.ü": "1.xn--tda",
  "ü.2026": "xn--tda.2026",
  "ü_x.example": "xn--_x-wka.example",
  "straße.example": "xn--strae-oqa.example",
  "日本語.jp": "xn--wgv71a119e.jp",
  "مثال.إختبار": "xn--mgbh0fb.xn--kgbechtv",
  "😀.com": "xn--e28h.com",
  "u\u0308.example": undefined,
  "example.com/ü": undefined,
  "ü:25.example": undefined,
  "ü@example.com": undefined,
  "ü%2eexample.com": undefined,
  "ü example.com": undefined,
  "ｅxample.com": undefined,
  "example．com": undefined,
  "example。com": undefined,
  "ex\u00adample.com": undefined,
  "ü\u200b.com": undefined,
  "\ufeffü.com": undefined,
  "①.com": undefined,
  "xn--ü.com": undefined,
  "a..ü": undefined,
  "ü.": undefined,
  "": undefined,
  [`${"ü".repeat(60)}.com`]: undefined,
  [`${"ü.".repeat(60)}com`]: undefined,
};

for (const [name, expected] of Object.entries(NAMES)) {
  Deno.test(`\`toALabels()\` makes ${expected} of ${JSON.stringify(name)}`, () => {
    assertEquals(toALabels(toText(new TextEncoder().encode(name))), expected);
  });
}

for (
  const octets of ["b\xfccher.example", "\xc3.example", "\xff", "\xc0\xae"]
) {
  Deno.test(`\`toALabels()\` refuses what is not UTF-8, ${JSON.stringify(octets)}`, () => {
    assertEquals(toALabels(octets), undefined);
  });
}

Deno.test("`toULabel()` is the inverse of `toALabel()`", () => {
  const labels = [
    "b\u00fccher",
    "\u65e5\u672c\u8a9e",
    "\u{1f600}",
    "stra\u00dfe",
  ];
  for (const label of [...labels, "\u03bf\u03b4\u03bf\u03c2"]) {
    assertEquals(toULabel(toALabel(encodeUtf8(label))!), label);
  }
});

Deno.test("`toULabel()` refuses what is no A-label", () => {
  const labels = ["", "xn--", "xn--0", "xn--a-", "b\u00fccher", "bucher"];
  for (
    const label of [...labels, "XN--bcher-kva", "xn--BCHER-kva"]
  ) {
    assertEquals(toULabel(label), undefined, label);
  }
});

Deno.test("`toULabel()` takes whatever a label can hold", () => {
  const random = new Random(61);
  let count = 0;
  for (let round = 0; round < 20_000; round++) {
    const label = `xn--${random.text("abz019-_", 0, 59)}`;
    const text = toULabel(label);
    if (text === undefined) continue;
    count++;
    assertEquals(toALabel(encodeUtf8(text)), label, `seed ${random.seed}`);
  }
  assert(count > 10, `${count}`);
});
