// What the SMTP client is told of a refusal by SPF or DMARC: one line of printable ASCII, of at most 255
// octets, whatever the sender's domain is and whatever it says.

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  formatDmarcText,
  formatSpfText,
} from "../../lib/policy/refusal_text.ts";

const DOMAIN = "example.com";

const TEXTS: [said: string, text: string][] = [
  [
    formatSpfText("reject", DOMAIN),
    "DSPF check failed for example.com (#5.7.23)",
  ],
  [
    formatSpfText("reject", DOMAIN, "See https://example.com/why"),
    "DSPF check failed for example.com (#5.7.23) Explanation of example.com: See https://example.com/why",
  ],
  [
    formatSpfText("defer", DOMAIN),
    "ZSPF check of example.com is not possible now (#4.4.3)",
  ],
  [
    formatDmarcText("reject", DOMAIN),
    "DEmail rejected per DMARC policy for example.com (#5.7.1)",
  ],
  [
    formatDmarcText("defer", DOMAIN),
    "ZDMARC check of example.com is not possible now (#4.4.3)",
  ],
  [
    formatSpfText("reject"),
    "DSPF check failed for the sender's domain (#5.7.23)",
  ],
  [
    formatDmarcText("reject"),
    "DEmail rejected per DMARC policy for the author's domain (#5.7.1)",
  ],
];
for (const [said, text] of TEXTS) {
  Deno.test(`the client is told "${text}"`, () => assertEquals(said, text));
}

for (
  const [name, domain] of Object.entries({
    "a line end": "a\r\n250 ok.example",
    "8-bit octets": "caf\xe9.example",
    "a space": "a b.example",
    "200 octets": `${"a.".repeat(98)}com`,
  })
) {
  Deno.test(`the client is not told a domain with ${name}`, () => {
    for (
      const text of [
        formatSpfText("reject", domain),
        formatDmarcText("reject", domain),
      ]
    ) {
      assertMatch(text, /^D[ -~]+ for the (?:sender|author)'s domain \(#5/);
    }
  });
}

Deno.test("a long explanation is cut", () => {
  const text = formatSpfText("reject", DOMAIN, "x".repeat(4000));
  assertEquals(text.length, 255);
  assert(text.endsWith("xxx"));
});
