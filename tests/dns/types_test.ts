// A, AAAA, MX, NS and PTR, beside TXT: what lib/dns/message.ts makes of a record, and what the client of
// lib/system/dns/client.ts asks.

import { assertEquals } from "@std/assert";
import * as dns from "@dnsquery/dns-packet";
import {
  type DnsReply,
  formatQuery,
  parseAnswer,
} from "../../lib/dns/message.ts";
import type { RecordType } from "../../lib/ports/resolver.ts";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import {
  ASKED,
  chain,
  ID,
  MALFORMED,
  message,
  NAME,
  octets,
  one,
  pointer,
  record,
  string,
  uint16,
  wireName,
} from "../support/dns_packets.ts";
import { client, test } from "../support/scripted_dns.ts";

const NUMBERS = { A: 1, NS: 2, PTR: 12, MX: 15, TXT: 16, AAAA: 28 } as const;
const TYPES = Object.keys(NUMBERS) as RecordType[];

function parse(
  type: RecordType,
  answers: number[][],
  flags = 0x8180,
): DnsReply<RecordType> {
  const questions = [[...wireName(NAME), ...uint16(NUMBERS[type]), 0, 1]];
  const query = formatQuery(ID, NAME, true, type)!;
  return parseAnswer(message({ questions, answers, flags }), query, type);
}

const found = (...records: unknown[]) =>
  ({ outcome: "records", records }) as DnsReply<RecordType>;

const READ: Record<string, [RecordType, number[], DnsReply<RecordType>]> = {
  "an address": ["A", [192, 0, 2, 1], found("192.0.2.1")],
  "an address too short": ["A", [192, 0, 2], MALFORMED],
  "an address too long": ["A", [192, 0, 2, 1, 0], MALFORMED],
  "an IPv6 address": [
    "AAAA",
    [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 1],
    found("2001:db8:0:0:0:0:0:1"),
  ],
  "an IPv6 address too short": ["AAAA", Array(15).fill(0), MALFORMED],
  "an IPv6 address too long": ["AAAA", Array(17).fill(0), MALFORMED],
  "a mail exchanger": [
    "MX",
    [1, 0, ...wireName("Mail.Example.com")],
    found({ preference: 256, exchange: "mail.example.com" }),
  ],
  "the null MX": ["MX", [0, 0, 0], found({ preference: 0, exchange: "" })],
  "a mail exchanger by a pointer": [
    "MX",
    [0, 10, 4, ...octets("mail"), ...pointer(12 + 18)],
    found({ preference: 10, exchange: "mail.example.com" }),
  ],
  "a mail exchanger without a name": ["MX", [0, 10], MALFORMED],
  "a name": ["PTR", wireName("A.Example"), found("a.example")],
  "a name with a dot inside a label": [
    "PTR",
    [...string("a.b"), ...wireName("example")],
    found("a\\.b.example"),
  ],
  "the name of a server": ["NS", wireName("Ns1.Example"), found("ns1.example")],
  "a name with octets after it": ["PTR", [...wireName("a"), 0], MALFORMED],
};
for (const [what, [type, data, reply]] of Object.entries(READ)) {
  Deno.test(`\`parseAnswer()\` takes ${what} for "${reply.outcome}"`, () => {
    assertEquals(parse(type, [record(ASKED, NUMBERS[type], data)]), reply);
  });
}

const DATA: Record<RecordType, number[]> = {
  A: [192, 0, 2, 1],
  AAAA: Array(16).fill(0),
  MX: [0, 10, ...wireName("a.example")],
  NS: wireName("a.example"),
  PTR: wireName("a.example"),
  TXT: string("v=spf1"),
};
for (const type of TYPES) {
  const own = record(ASKED, NUMBERS[type], DATA[type]);

  Deno.test(`\`formatQuery()\` asks for ${type}`, () => {
    const { questions } = dns.decode(formatQuery(ID, NAME, true, type)!);
    assertEquals(questions, [{ name: NAME, type, class: "IN" }]);
  });

  Deno.test(`\`parseAnswer()\` follows 8 CNAMEs to ${type}, and no more`, () => {
    const at = (name: string) =>
      record(wireName(name), NUMBERS[type], DATA[type]);
    const outcomes = [8, 9].map((length) =>
      parse(type, [...chain(length), at(`c${length}.example`)]).outcome
    );
    assertEquals(outcomes, ["records", "temporary"]);
  });

  Deno.test(`\`parseAnswer()\` tells the outcomes of ${type} apart`, () => {
    const other = type === "TXT" ? record(ASKED, NUMBERS.A, DATA.A) : one;
    assertEquals(parse(type, [own]).outcome, "records");
    assertEquals(parse(type, [other]), { outcome: "nodata" });
    assertEquals(parse(type, [], 0x8183), { outcome: "nxdomain" });
    assertEquals(parse(type, [], 0x8182).outcome, "temporary");
    assertEquals(parse(type, [own.slice(0, -1)]), MALFORMED);
  });

  Deno.test(`\`parseAnswer()\` ignores an answer about another type than ${type}`, () => {
    const another = type === "A" ? "AAAA" : "A";
    const query = formatQuery(ID, NAME, true, another)!;
    const questions = [[...wireName(NAME), ...uint16(NUMBERS[type]), 0, 1]];
    const packet = message({ questions, answers: [own] });
    assertEquals(parseAnswer(packet, query, another), { outcome: "other" });
  });

  Deno.test(`\`parseAnswer()\` reads ${type === "TXT" ? "200" : "100"} of 200 ${type} records`, () => {
    const reply = parse(type, Array(200).fill(own));
    const { records } = reply as { records: unknown[] };
    assertEquals(records.length, type === "TXT" ? 200 : 100);
  });
}

test("`lookup()` finds records of each type, and none where there are none", async () => {
  await using server = startDnsServer({
    "all.example": {
      A: ["192.0.2.1", "192.0.2.2"],
      AAAA: ["2001:db8::1"],
      MX: [[20, "B.example."], [10, "a.example"], [0, ""]],
      NS: ["ns1.example."],
      PTR: ["c.example."],
      TXT: ["v=spf1"],
    },
    "alias.example": { CNAME: ["all.example"] },
    "half.example": { A: ["192.0.2.1"], error: "servfail" },
    "odd.example": {
      A: ["192.0.2.1"],
      errors: { A: "refused", MX: "nxdomain" },
    },
  });
  const resolver = client(server.address);
  const ask = (name: string) =>
    Promise.all(TYPES.map((type) => resolver.lookup<RecordType>(name, type)));
  const all = [
    found("192.0.2.1", "192.0.2.2"),
    found("ns1.example"),
    found("c.example"),
    found(
      { preference: 20, exchange: "b.example" },
      { preference: 10, exchange: "a.example" },
      { preference: 0, exchange: "" },
    ),
    found("v=spf1"),
    found("2001:db8:0:0:0:0:0:1"),
  ];
  assertEquals<unknown>(await ask("all.example"), all);
  assertEquals<unknown>(await ask("ALIAS.example"), all);
  const outcomes = async (name: string) =>
    (await ask(name)).map(({ outcome }) => outcome);
  assertEquals(await outcomes("half.example"), [
    "records",
    ...Array(5).fill("temporary"),
  ]);
  assertEquals(await outcomes("odd.example"), [
    "temporary",
    "nodata",
    "nodata",
    "nxdomain",
    "nodata",
    "nodata",
  ]);
  assertEquals(await outcomes("no.example"), Array(6).fill("nxdomain"));
  assertEquals(await outcomes("a..example"), Array(6).fill("too long"));
});

test("`lookup()` asks once for each name and type, `txt()` with it", async () => {
  await using server = startDnsServer({ "a.example": ["x"] });
  const resolver = client(server.address);
  await Promise.all([
    resolver.txt("a.example"),
    resolver.lookup("A.example", "TXT"),
    resolver.lookup("a.example", "A"),
    resolver.lookup("a.EXAMPLE", "A"),
  ]);
  assertEquals(server.questions.map(({ type }) => type).sort(), ["A", "TXT"]);
});

test("`lookup()` asks over TCP for what does not fit", async () => {
  const A = Array.from({ length: 99 }, (_, n) => `192.0.2.${n}`);
  await using server = startDnsServer({ "a.example": { A } });
  const answer = await client(server.address).lookup("a.example", "A");
  assertEquals(answer, { outcome: "records", records: A });
  const transports = server.questions.map(({ transport }) => transport);
  assertEquals(transports, ["udp", "tcp"]);
});
