// The three fields of a set: written and read again, and what is none.

import { assertEquals } from "@std/assert";
import {
  formatArcMessageSignature,
  parseArcMessageSignature,
} from "../../lib/arc/message_signature.ts";
import {
  formatArcResults,
  parseArcResults,
} from "../../lib/arc/results_field.ts";
import { formatArcSeal, parseArcSeal } from "../../lib/arc/seal.ts";
import { type HeaderField, parseHeader } from "../../lib/message/header.ts";
import { AAR, AMS } from "../support/arc_sets.ts";

const HASH = Uint8Array.from({ length: 32 }, (_, n) => n);
const LONG = `${"a".repeat(63)}.`.repeat(3) + "example";

/** With a `b=` that says something, which comes last. */
function signed({ name, raw }: HeaderField): HeaderField {
  return { name, raw: `${raw}AAAA` };
}

for (const instance of [1, 9, 10, 50]) {
  for (const chainState of ["none", "pass", "fail"] as const) {
    for (const timestamp of [undefined, 0, 1_800_000_000]) {
      Deno.test(`\`parseArcSeal()\` is the inverse of \`formatArcSeal()\`: i=${instance}, cv=${chainState}, t=${timestamp}`, () => {
        const parameters = {
          instance,
          algorithm: "rsa-sha256",
          chainState,
          domain: LONG,
          selector: "s1",
          ...(timestamp === undefined ? {} : { timestamp }),
        } as const;
        const unsigned = formatArcSeal(parameters);
        assertEquals(parseArcSeal(signed(unsigned)), {
          ...parameters,
          signature: new Uint8Array(3),
          unsigned,
        });
      });
    }
  }
}

Deno.test("`parseArcMessageSignature()` is the inverse of `formatArcMessageSignature()`", () => {
  const parameters = {
    algorithm: "rsa-sha256",
    headerCanonicalization: "relaxed",
    bodyCanonicalization: "relaxed",
    domain: LONG,
    selector: "s1",
    timestamp: 1_800_000_000,
    signedFields: Array.from({ length: 99 }, (_, n) => `X-Field-${n}`),
  } as const;
  const unsigned = formatArcMessageSignature(
    7,
    { ...parameters, signedFields: [...parameters.signedFields] },
    { body: HASH.toBase64(), identity: HASH.slice(1).toBase64() },
  );
  const read = parseArcMessageSignature(signed(unsigned));
  assertEquals(read as unknown, {
    ...parameters,
    instance: 7,
    bodyHash: HASH,
    identityHash: HASH.slice(1),
    signature: new Uint8Array(3),
    unsigned,
  });
});

for (
  const results of [
    "mx.example.com; none",
    "mx.example.com;\n\tspf=pass smtp.mailfrom=example.com;\n\tdkim=fail (bad sig)",
  ]
) {
  Deno.test(`\`parseArcResults()\` is the inverse of \`formatArcResults()\`: ${JSON.stringify(results)}`, () => {
    const field = formatArcResults({ instance: 3, results });
    assertEquals(field.raw, `${AAR}: i=3;\n\t${results}`);
    assertEquals(parseHeader(`${field.raw}\n`), [field]);
    assertEquals(parseArcResults(field), {
      instance: 3,
      results: `\n\t${results}`,
    });
  });
}

const VALUES: [value: string, instance: number | undefined][] = [
  [" i=1; x", 1],
  ["i=1;", 1],
  [" i = 1 ; x", 1],
  ["\n\ti\n\t=\n\t50\n\t; x", 50],
  [" (a (nested; i=2) one) i(b)=(c)3(d); x", 3],
  [" i=01; x", 1],
  [" i=99; x", 99],
  [" i=0; x", undefined],
  [" i=100; x", undefined],
  [" i=; x", undefined],
  [" i=1 x; y", undefined],
  [" i=1", undefined],
  [" I=1; x", undefined],
  [" x; i=1", undefined],
  [" j=1; x", undefined],
  [" i=1 (not closed; x", undefined],
  [" (not closed i=1; x", undefined],
  ["", undefined],
];

for (const [value, instance] of VALUES) {
  Deno.test(`\`parseArcResults()\` reads i=${instance} of ${JSON.stringify(value)}`, () => {
    const field = { name: AAR, raw: `${AAR}:${value}` };
    assertEquals(parseArcResults(field)?.instance, instance);
  });
}

Deno.test("`hm=` that is no base64 is as none", () => {
  const raw = `${AMS}: i=1; a=rsa-sha256; d=d; s=s; h=; hm=!; bh=AAAA; b=AAAA`;
  const read = parseArcMessageSignature({ name: AMS, raw });
  assertEquals([read?.signedFields, read?.identityHash], [[], undefined]);
});
