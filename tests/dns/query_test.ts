// The questions of lib/dns/message.ts, and names.

import { assertEquals } from "@std/assert";
import * as dns from "@dnsquery/dns-packet";
import { formatQuery, lowerCaseName } from "../../lib/dns/message.ts";
import {
  ID,
  LONGEST,
  MANY_LABELS,
  NAME,
  QUERY,
  wireName,
} from "../support/dns_packets.ts";

Deno.test("`formatQuery()` writes what the reference reads", () => {
  const query = dns.decode(QUERY) as dns.Packet & { flag_rd: boolean };
  assertEquals(query.id, ID);
  assertEquals(query.type, "query");
  assertEquals(query.flags, dns.RECURSION_DESIRED);
  assertEquals(query.questions, [{ name: NAME, type: "TXT", class: "IN" }]);
  const opt = query.additionals?.[0] as dns.OptAnswer & Record<string, unknown>;
  assertEquals([opt.type, opt.name], ["OPT", "."]);
  assertEquals([opt.udpPayloadSize, opt.ednsVersion], [1232, 0]);
  assertEquals(dns.encode(query).length, QUERY.length);
});

const ASKABLE = {
  "a label of 63 octets": `${"x".repeat(63)}.example`,
  "a name of 255 octets": LONGEST,
  "127 labels": MANY_LABELS,
  "one label": "localhost",
  "underscores": "_a_b_._c.example",
  "octets over 127": "\xff\x80.example",
  "a space, a NUL and a backslash": " \0\\.example",
};
for (const [what, name] of Object.entries(ASKABLE)) {
  Deno.test(`\`formatQuery()\` asks for ${what}`, () => {
    const query = formatQuery(0, name) as Uint8Array;
    assertEquals(
      [...query.subarray(12)].slice(0, name.length + 2),
      wireName(name),
    );
  });
}

const NOT_ASKABLE = {
  "a label of 64 octets": `${"x".repeat(64)}.example`,
  "a name of 256 octets": `${LONGEST}x`,
  "a name of a million octets": "x.".repeat(500_000),
  "an empty name": "",
  "a final dot": "example.com.",
  "a leading dot": ".example.com",
  "an empty label": "example..com",
  "a char that is no octet": "ex\u0100mple.com",
  "a surrogate pair": "\u{1f600}.com",
};
for (const [what, name] of Object.entries(NOT_ASKABLE)) {
  Deno.test(`\`formatQuery()\` refuses ${what}`, () => {
    assertEquals(formatQuery(0, name), undefined);
  });
}

Deno.test("`lowerCaseName()` changes A to Z alone", () => {
  assertEquals(lowerCaseName("AZaz@[\xc0\xde\u212a"), "azaz@[\xc0\xde\u212a");
});
