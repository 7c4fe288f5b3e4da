// sign(): the domain that it signs for, as a caller of the library names it.

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { sign } from "../../lib/api/sign.ts";
import vectors from "../vectors/dk_sign.json" with { type: "json" };

const MESSAGE = "From: a@b\u00fccher.example\n\nx\n";
const KEY = { selector: "s", privateKey: vectors.private_key_pem };

Deno.test("`sign()` takes U-labels and writes A-labels", async () => {
  const schemes = ["dkim", "domainkeys"] as const;
  const fields = await sign(MESSAGE, {
    ...KEY,
    domain: "B\u00fccher.Example",
    schemes,
  });
  const domains = Array.from(fields.matchAll(/\sd=([^;]*);/g), ([, d]) => d);
  assertEquals(domains, ["xn--bcher-kva.example", "xn--bcher-kva.example"]);
});

Deno.test("`sign()` writes i= of a U-label within its domain", async () => {
  const domain = "b\u00fccher.example";
  const fields = await sign(MESSAGE, {
    ...KEY,
    domain,
    dkimOptions: `-i j\u00fcrgen@${domain}`,
  });
  assertMatch(fields, /\si=j=C3=BCrgen@xn--bcher-kva\.example;/);
});

Deno.test("`sign()` refuses what is no domain name, in UTF-8 too", async () => {
  for (
    const domain of ["", "a..b", "example.com/\u00fc", "a\uff0eb", "\ud800"]
  ) {
    await assertRejects(() => sign(MESSAGE, { ...KEY, domain }), TypeError);
  }
});
