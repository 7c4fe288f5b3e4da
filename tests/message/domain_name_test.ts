// isDomainName(), isWithin() and withParents(): names as a signature may hold them.

import { assertEquals } from "@std/assert";
import {
  isDomainName,
  isWithin,
  withParents,
} from "../../lib/message/domain_name.ts";

const LABEL = "x".repeat(63);

const NAMES: Record<string, [name: string, isOne: boolean]> = {
  "two labels": ["example.com", true],
  "one label": ["localhost", true],
  "many labels": ["a.b.c.d.e.f", true],
  "capitals, digits, hyphens and underscores": ["A1-b._dmarc.x_y", true],
  "an internationalized name in ASCII": ["xn--mller-kva.example", true],
  "a label of 63 octets": [`${LABEL}.com`, true],
  "a label of 64 octets": [`${LABEL}x.com`, false],
  "253 octets": [`${LABEL}.${LABEL}.${LABEL}.${"x".repeat(61)}`, true],
  "254 octets": [`${LABEL}.${LABEL}.${LABEL}.${"x".repeat(62)}`, false],
  "nothing": ["", false],
  "a dot": [".", false],
  "a dot at its start": [".example.com", false],
  "a dot at its end": ["example.com.", false],
  "an empty label": ["example..com", false],
  "a slash": ["example/com", false],
  "a path": ["../../etc", false],
  "a backslash": ["example\\com", false],
  "a percent sign": ["%.com", false],
  "a NUL": ["example\0.com", false],
  "a space": ["exam ple.com", false],
  "a line break at its end": ["example.com\n", false],
  "an octet that is not ASCII": ["ex\xe4mple.com", false],
  "an address literal": ["[192.0.2.1]", false],
  "an at sign": ["a@example.com", false],
  "a colon": ["example.com:53", false],
};

for (const [name, [text, isOne]] of Object.entries(NAMES)) {
  Deno.test(`\`isDomainName()\` says ${isOne ? "yes" : "no"} to ${name}`, () => {
    assertEquals(isDomainName(text), isOne);
  });
}

const PAIRS: Record<string, [domain: string, parent: string, is: boolean]> = {
  "the same domain": ["example.com", "example.com", true],
  "the same domain in another case": ["EXAMPLE.com", "example.COM", true],
  "a subdomain": ["a.b.example.com", "example.com", true],
  "a domain that ends in the same letters": [
    "notexample.com",
    "example.com",
    false,
  ],
  "a parent": ["example.com", "a.example.com", false],
  "another domain": ["example.net", "example.com", false],
  "no domain": ["", "example.com", false],
};

for (const [name, [domain, parent, is]] of Object.entries(PAIRS)) {
  Deno.test(`\`isWithin()\` says ${is ? "yes" : "no"} to ${name}`, () => {
    assertEquals(isWithin(domain, parent), is);
  });
}

Deno.test("`withParents()` goes down to two labels, in lower case", () => {
  assertEquals(withParents("A.b.Example.COM"), [
    "a.b.example.com",
    "b.example.com",
    "example.com",
  ]);
  assertEquals(withParents("example.com"), ["example.com"]);
  assertEquals(withParents("localhost"), ["localhost"]);
});
