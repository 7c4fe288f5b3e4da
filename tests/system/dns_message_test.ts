// Tests of lib/system/dns_message.ts: hostile packets made by hand, and answers of
// all kinds, whole and mutated, held against @dnsquery/dns-packet.
// FUZZ_FULL=1 asks for ten times as many, FUZZ_SEED=n for another start.

import { assert, assertEquals } from "@std/assert";
import * as dns from "@dnsquery/dns-packet";
import {
  type DnsReply,
  formatQuery,
  lowerCaseName,
  parseAnswer,
} from "../../lib/system/dns_message.ts";

const ID = 0x1234;
const NAME = "s_2048._domainkey.example.com";
const QUERY = formatQuery(ID, NAME) as Uint8Array;
const RESPONSE = 0x8180;
const [TXT, CNAME, OPT] = [16, 5, 41];
const OTHER: DnsReply = { outcome: "other" };
const NODATA: DnsReply = { outcome: "nodata" };
const MALFORMED: DnsReply = {
  outcome: "temporary",
  detail: "a malformed answer",
};

function records(...texts: string[]): DnsReply {
  return { outcome: "records", records: texts };
}

function temporary(detail: string): DnsReply {
  return { outcome: "temporary", detail };
}

// A message made by hand.

function octets(text: string): number[] {
  return Array.from(text, (char) => char.charCodeAt(0));
}

function uint16(value: number): number[] {
  return [value >> 8 & 0xff, value & 0xff];
}

function wireName(name: string): number[] {
  const labels = name.split(".").flatMap((l) => [l.length, ...octets(l)]);
  return [...labels, 0];
}

function pointer(offset: number): number[] {
  return uint16(0xc000 | offset);
}

function string(text: string): number[] {
  return [text.length, ...octets(text)];
}

/** Where the name of the question stands. */
const ASKED = pointer(12);

interface Options {
  class?: number;
  ttl?: number[];
  length?: number;
}

function record(
  owner: number[],
  type: number,
  data: number[],
  options: Options = {},
): number[] {
  const length = uint16(options.length ?? data.length);
  const ttl = options.ttl ?? [0, 0, 0, 60];
  const recordClass = uint16(options.class ?? 1);
  return [
    ...owner,
    ...uint16(type),
    ...recordClass,
    ...ttl,
    ...length,
    ...data,
  ];
}

interface Parts {
  id?: number;
  flags?: number;
  questions?: number[][];
  answers?: number[][];
  authorities?: number[][];
  additionals?: number[][];
}

const QUESTION = [...wireName(NAME), ...uint16(TXT), 0, 1];
/** The offset of the first answer's owner. */
const FIRST_ANSWER = 12 + QUESTION.length;

function message(parts: Parts): Uint8Array {
  const { questions = [QUESTION], answers = [] } = parts;
  const { authorities = [], additionals = [] } = parts;
  const sections = [questions, answers, authorities, additionals];
  return Uint8Array.from([
    ...uint16(parts.id ?? ID),
    ...uint16(parts.flags ?? RESPONSE),
    ...sections.flatMap((section) => uint16(section.length)),
    ...sections.flat(2),
  ]);
}

function parse(parts: Parts): DnsReply {
  return parseAnswer(message(parts), QUERY);
}

// The query.

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

const LONGEST = [63, 63, 63, 61].map((length) => "x".repeat(length)).join(".");
const MANY_LABELS = Array(127).fill("x").join(".");
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

// The answer.

const one = record(ASKED, TXT, string("v=DKIM1"));
const alias = (from: number[], to: string) => record(from, CNAME, wireName(to));
const chain = (length: number) =>
  Array.from(
    { length },
    (_, i) =>
      alias(i === 0 ? ASKED : wireName(`c${i}.example`), `c${i + 1}.example`),
  );
const text = (owner: string, ...strings: string[]) =>
  record(wireName(owner), TXT, strings.flatMap(string));
const soa = record(wireName("example.com"), 6, [0, 0, ...Array(20).fill(0)]);
const opt = record([0], OPT, [], { class: 1232, ttl: [0, 0, 0, 0] });

const ANSWERS: Record<string, [Parts, DnsReply]> = {
  "a record": [{ answers: [one] }, records("v=DKIM1")],
  "two records in their order": [
    { answers: [one, text(NAME, "second")] },
    records("v=DKIM1", "second"),
  ],
  "the strings of one record joined": [
    { answers: [text(NAME, "a".repeat(255), "", "b")] },
    records("a".repeat(255) + "b"),
  ],
  "each octet as one char": [
    { answers: [text(NAME, "\0\x80\xc3\xa9\xff")] },
    records("\0\x80\xc3\xa9\xff"),
  ],
  "a record without strings": [{ answers: [text(NAME)] }, records("")],
  "a record with an empty string": [{ answers: [text(NAME, "")] }, records("")],
  "an owner in capitals": [
    { answers: [text(NAME.toUpperCase(), "x")] },
    records("x"),
  ],
  "a question in capitals": [
    {
      questions: [[...wireName(NAME.toUpperCase()), 0, 16, 0, 1]],
      answers: [one],
    },
    records("v=DKIM1"),
  ],
  "records beside SOA and OPT": [
    { answers: [one], authorities: [soa], additionals: [opt] },
    records("v=DKIM1"),
  ],
  "trailing bytes": [
    { answers: [one], additionals: [[...opt, 1, 2, 3]] },
    records("v=DKIM1"),
  ],
  "an answer for another name": [
    { answers: [text("example.com", "x")] },
    NODATA,
  ],
  "a name with a dot inside a label": [
    {
      answers: [
        record([14, ...octets("s_2048._domain"), 0], TXT, string("x")),
        record(
          [...string("s_2048._domainkey"), ...wireName("example.com")],
          TXT,
          string("x"),
        ),
      ],
    },
    NODATA,
  ],
  "an owner that differs in case beyond ASCII alone": [
    { answers: [alias(ASKED, "\xc0.example"), text("\xe0.example", "x")] },
    NODATA,
  ],
  "a record of class CH": [
    { answers: [record(ASKED, TXT, string("x"), { class: 3 })] },
    NODATA,
  ],
  "a TXT record in the authority section": [{ authorities: [one] }, NODATA],
  "a TXT record in the additional section": [{ additionals: [one] }, NODATA],
  "only a record of another type": [
    { answers: [record(ASKED, 1, [192, 0, 2, 1])] },
    NODATA,
  ],
  "nothing": [{}, NODATA],
  "nothing, with authority": [{ flags: 0x8500 }, NODATA],
  "a referral": [
    { flags: 0x8100, authorities: [record(wireName("example.com"), 2, [0])] },
    temporary("a referral"),
  ],
  "a CNAME out of the server's authority": [
    { flags: 0x8500, answers: chain(1) },
    temporary("a referral"),
  ],
  "NXDOMAIN": [
    { flags: 0x8183, authorities: [soa] },
    { outcome: "nxdomain" },
  ],
  "NXDOMAIN of a CNAME's target": [
    { flags: 0x8183, answers: chain(1), authorities: [soa] },
    { outcome: "nxdomain" },
  ],
  "NXDOMAIN with another name's record": [
    { flags: 0x8183, answers: [text("example.com", "x")] },
    { outcome: "nxdomain" },
  ],
  "NXDOMAIN with the name's record": [
    { flags: 0x8183, answers: [one] },
    temporary("NXDOMAIN with records"),
  ],
  "FORMERR": [{ flags: 0x8181 }, temporary("FORMERR")],
  "SERVFAIL": [{ flags: 0x8182 }, temporary("SERVFAIL")],
  "NOTIMP": [{ flags: 0x8184 }, temporary("NOTIMP")],
  "REFUSED": [{ flags: 0x8185 }, temporary("REFUSED")],
  "an rcode without a name": [{ flags: 0x818f }, temporary("rcode 15")],
  "SERVFAIL with records": [
    { flags: 0x8182, answers: [one] },
    temporary("SERVFAIL"),
  ],
  "FORMERR as a bare header": [
    { flags: 0x8181, questions: [] },
    temporary("FORMERR"),
  ],
  "BADVERS in the OPT record": [
    { additionals: [record([0], OPT, [], { ttl: [1, 0, 0, 0] })] },
    temporary("rcode 16"),
  ],
  "a CNAME and its target": [
    { answers: [...chain(1), text("c1.example", "x")] },
    records("x"),
  ],
  "a CNAME behind its target": [
    { answers: [text("c1.example", "x"), ...chain(1)] },
    records("x"),
  ],
  "a CNAME in capitals": [
    { answers: [...chain(1), text("C1.EXAMPLE", "x")] },
    records("x"),
  ],
  "a CNAME without its target": [{ answers: chain(1) }, NODATA],
  "8 CNAMEs": [
    { answers: [...chain(8), text("c8.example", "x")] },
    records("x"),
  ],
  "9 CNAMEs": [
    { answers: [...chain(9), text("c9.example", "x")] },
    temporary("more than 8 CNAMEs"),
  ],
  "a CNAME that names itself": [
    { answers: [alias(ASKED, NAME)] },
    temporary("more than 8 CNAMEs"),
  ],
  "two CNAMEs in a circle": [
    { answers: [...chain(1), alias(wireName("c1.example"), NAME)] },
    temporary("more than 8 CNAMEs"),
  ],
  "TC": [{ flags: 0x8380, answers: [one] }, { outcome: "truncated" }],
  "TC with counts of what is not there": [
    { flags: 0x8380, answers: [[], [], []] },
    { outcome: "truncated" },
  ],
  "a string longer than its record": [
    { answers: [record(ASKED, TXT, [9, ...octets("abc")])] },
    MALFORMED,
  ],
  "a string that runs into the next record": [
    { answers: [record(ASKED, TXT, [20, ...octets("abc")]), one] },
    MALFORMED,
  ],
  "a record longer than the packet": [
    { answers: [record(ASKED, TXT, string("abc"), { length: 500 })] },
    MALFORMED,
  ],
  "another type's record longer than the packet": [
    { answers: [one, record(ASKED, 1, [], { length: 500 })] },
    MALFORMED,
  ],
  "a CNAME shorter than its record": [
    { answers: [record(ASKED, CNAME, [...wireName("a.example"), 0])] },
    MALFORMED,
  ],
  "a CNAME longer than its record": [
    { answers: [record(ASKED, CNAME, wireName("a.example"), { length: 4 })] },
    MALFORMED,
  ],
  "more records counted than there are": [{ answers: [one, []] }, MALFORMED],
  "an owner that points at itself": [
    { answers: [record(pointer(FIRST_ANSWER), TXT, string("x"))] },
    MALFORMED,
  ],
  "an owner with a label that points back at it": [
    { answers: [record([1, 97, ...pointer(FIRST_ANSWER)], TXT, string("x"))] },
    MALFORMED,
  ],
  "an owner that points forward": [
    { answers: [record(pointer(FIRST_ANSWER + 2), TXT, string("x"))] },
    MALFORMED,
  ],
  "an owner that points past the end": [
    { answers: [record(pointer(0x3fff), TXT, string("x"))] },
    MALFORMED,
  ],
  "two CNAMEs whose names point at each other": [
    {
      answers: [
        record(ASKED, CNAME, pointer(FIRST_ANSWER + 14 + 12)),
        record(ASKED, CNAME, pointer(FIRST_ANSWER + 12)),
      ],
    },
    MALFORMED,
  ],
  "a pointer to a pointer": [
    {
      answers: [
        record(pointer(12), 1, [192, 0, 2, 1]),
        record(pointer(FIRST_ANSWER), TXT, string("x")),
      ],
    },
    records("x"),
  ],
  "a pointer into the middle of a name": [
    {
      answers: [
        record(ASKED, CNAME, [1, 120, ...pointer(12 + 7)]),
        text("x._domainkey.example.com", "y"),
      ],
    },
    records("y"),
  ],
  "an owner that points into a circle of pointers": [
    {
      answers: [
        record(ASKED, 1, [
          ...pointer(FIRST_ANSWER + 14),
          ...pointer(FIRST_ANSWER + 12),
        ]),
        record(pointer(FIRST_ANSWER + 12), TXT, string("x")),
      ],
    },
    MALFORMED,
  ],
  "a label of the reserved kind 0x40": [
    { answers: [record([0x41, ...Array(65).fill(97), 0], TXT, string("x"))] },
    MALFORMED,
  ],
  "a label of the reserved kind 0x80": [
    { answers: [record([0x81, ...Array(129).fill(97), 0], TXT, string("x"))] },
    MALFORMED,
  ],
  "a CNAME of 127 labels": [
    {
      answers: [
        alias(ASKED, MANY_LABELS),
        record(pointer(FIRST_ANSWER + 12), TXT, string("x")),
      ],
    },
    records("x"),
  ],
  "a CNAME of 255 octets": [
    { answers: [alias(ASKED, LONGEST), text(LONGEST, "x")] },
    records("x"),
  ],
  "a CNAME of 256 octets": [
    { answers: [alias(ASKED, `${LONGEST}x`)] },
    MALFORMED,
  ],
  "another id": [{ id: ID ^ 1, answers: [one] }, OTHER],
  "a query": [{ flags: 0x0100, answers: [one] }, OTHER],
  "another opcode": [{ flags: 0xa180, answers: [one] }, OTHER],
  "another name in the question": [
    { questions: [[...wireName("example.com"), 0, 16, 0, 1]], answers: [one] },
    OTHER,
  ],
  "another type in the question": [
    { questions: [[...wireName(NAME), 0, 1, 0, 1]], answers: [one] },
    OTHER,
  ],
  "another class in the question": [
    { questions: [[...wireName(NAME), 0, 16, 0, 3]], answers: [one] },
    OTHER,
  ],
  "SERVFAIL to another question": [
    { flags: 0x8182, questions: [[...wireName("x.example"), 0, 16, 0, 1]] },
    OTHER,
  ],
  "no question": [{ questions: [], answers: [one] }, OTHER],
  "NXDOMAIN without a question": [{ flags: 0x8183, questions: [] }, OTHER],
  "two questions": [{ questions: [QUESTION, QUESTION], answers: [one] }, OTHER],
  "a question that points at itself": [
    { questions: [[...pointer(12), 0, 16, 0, 1]], answers: [one] },
    OTHER,
  ],
};

for (const [what, [parts, reply]] of Object.entries(ANSWERS)) {
  Deno.test(`\`parseAnswer()\` takes ${what} for "${reply.outcome}"`, () => {
    assertEquals(parse(parts), reply);
  });
}

Deno.test("`parseAnswer()` takes a packet that is a view into a buffer", () => {
  const packet = message({ answers: [one] });
  const buffer = new Uint8Array(packet.length + 20).fill(0xc0);
  buffer.set(packet, 10);
  const view = buffer.subarray(10, 10 + packet.length);
  assertEquals(parseAnswer(view, QUERY), records("v=DKIM1"));
  assertEquals(parseAnswer(view.subarray(0, -1), QUERY), MALFORMED);
});

Deno.test("`parseAnswer()` ignores a cut header", () => {
  const packet = message({ flags: 0x8182, questions: [] });
  for (let end = 0; end < packet.length; end++) {
    assertEquals(parseAnswer(packet.subarray(0, end), QUERY), OTHER);
  }
  assertEquals(parseAnswer(packet, QUERY), temporary("SERVFAIL"));
});

Deno.test("`parseAnswer()` refuses an answer cut anywhere", () => {
  const packet = message({
    answers: [...chain(2), text("c2.example", "a", "b")],
    authorities: [soa],
    additionals: [opt],
  });
  for (let end = 0; end < packet.length; end++) {
    const reply = parseAnswer(packet.subarray(0, end), QUERY);
    assertEquals(
      reply,
      end < FIRST_ANSWER ? OTHER : MALFORMED,
      `cut at ${end}`,
    );
  }
});

Deno.test("`parseAnswer()` reads a record of 60,000 octets", () => {
  const strings = Array.from({ length: 240 }, () => "k".repeat(250));
  const answers = [text(NAME, ...strings)];
  assertEquals(parse({ answers }), records(strings.join("")));
});

const HOSTILE: Record<string, number[][]> = {
  // Each name is 8,000 pointers, each to the one before it.
  "chains of pointers": [
    record(
      ASKED,
      1,
      Array.from(
        { length: 8000 },
        (_, i) => pointer(i === 0 ? 12 : FIRST_ANSWER + 12 + 2 * (i - 1)),
      ).flat(),
    ),
    ...Array.from(
      { length: 4000 },
      () => record(pointer(FIRST_ANSWER + 12 + 2 * 7999), 1, []),
    ),
  ],
  "5,000 records of one name": Array.from(
    { length: 5000 },
    () => record(ASKED, TXT, []),
  ),
  "5,000 names of 255 octets": [
    alias(ASKED, LONGEST),
    ...Array.from(
      { length: 5000 },
      () => record(pointer(FIRST_ANSWER + 12), 1, []),
    ),
  ],
};
for (const [what, answers] of Object.entries(HOSTILE)) {
  Deno.test(`\`parseAnswer()\` gets through ${what} in time`, () => {
    const packet = message({ answers });
    assert(packet.length < 65536 + 20_000);
    const start = performance.now();
    parseAnswer(packet, QUERY);
    assert(performance.now() - start < 1000);
  });
}

// The reference: the library decodes, the rest is section 4.1 of RFC 1035 in code.

type Decoded = Required<dns.Packet> & { rcode: string; flag_qr: boolean };
type DecodedRecord = {
  type: string;
  name: string;
  class?: string;
  flush?: boolean;
  data: unknown;
  extendedRcode?: number;
};

/** Undefined too for what the library reads otherwise than it is written. */
function decode(packet: Uint8Array): Decoded | undefined {
  try {
    const decoded = dns.decode(packet) as Decoded;
    const { questions, answers, authorities, additionals } = decoded;
    // Octets that are not UTF-8 are lost.
    const names = [...questions, ...answers].flatMap((part) =>
      "data" in part && part.type === "CNAME"
        ? [part.name, part.data]
        : part.name
    );
    if (names.join().includes("\ufffd")) return undefined;
    // A, MX, SOA and others end where they should, not where they say.
    let at = 12;
    for (const _ of questions) at += sizeOf(codecs.question, packet, at);
    for (const _ of [...answers, ...authorities, ...additionals]) {
      const data = at + sizeOf(codecs.name, packet, at) + 10;
      const length = (packet[data - 2] ?? 0) << 8 | (packet[data - 1] ?? 0);
      at += sizeOf(codecs.answer, packet, at);
      if (at !== data + length) return undefined;
    }
    return decoded;
  } catch {
    return undefined;
  }
}

interface Codec {
  decode: { (packet: Uint8Array, at: number): unknown; bytes: number };
}
const codecs = dns as unknown as Record<"question" | "name" | "answer", Codec>;

function sizeOf(codec: Codec, packet: Uint8Array, at: number): number {
  codec.decode(packet, at);
  return codec.decode.bytes;
}

/** What an answer says, undefined when the library does not decode it. */
function referenceAnswer(packet: Uint8Array): DnsReply | undefined {
  const answer = decode(packet);
  if (answer === undefined) return undefined;
  const flags = answer.flags;
  const rcode = flags & 15;
  const failed = rcode !== 0 && rcode !== 3;
  if (!answer.flag_qr || answer.id !== ID || (flags & 0x7800) !== 0) {
    return OTHER;
  }
  if (failed && answer.questions.length === 0) return temporary("rcode");
  const [question] = answer.questions;
  if (
    answer.questions.length !== 1 || question?.type !== "TXT" ||
    question.class !== "IN" || lowerCaseName(question.name) !== NAME
  ) return OTHER;
  if (failed) return temporary("rcode");
  if ((flags & dns.TRUNCATED_RESPONSE) !== 0) return { outcome: "truncated" };
  const { answers, authorities, additionals } = answer;
  const all = [...answers, ...authorities, ...additionals] as DecodedRecord[];
  if (all.some((record) => record.extendedRcode)) return temporary("rcode");

  const ours = (answers as DecodedRecord[])
    .filter((record) => record.class === "IN" && !record.flush);
  let name = NAME;
  for (let hops = 0; hops <= 8; hops++) {
    const here = ours.filter((record) => lowerCaseName(record.name) === name);
    const texts = here.filter((record) => record.type === "TXT")
      .map((record) =>
        (record.data as Uint8Array[])
          .map((string) => String.fromCharCode(...string)).join("")
      );
    const target = here.findLast((record) => record.type === "CNAME");
    if (texts.length > 0) {
      return rcode === 3 ? temporary("contradiction") : records(...texts);
    }
    if (target === undefined) {
      if (rcode === 3) return { outcome: "nxdomain" };
      if ((flags & dns.RECURSION_AVAILABLE) !== 0) return NODATA;
      const isAuthority = (flags & dns.AUTHORITATIVE_ANSWER) !== 0;
      return isAuthority && hops === 0 ? NODATA : temporary("referral");
    }
    name = lowerCaseName(target.data as string);
  }
  return temporary("too many CNAMEs");
}

// The fuzzer.

const RUNS = Deno.env.get("FUZZ_FULL") ? 120_000 : 12_000;
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 1);

/** Mulberry32: integers below a limit, the same ones for the same seed. */
type Random = (limit: number) => number;
function randomSource(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

function choose<T>(random: Random, ...choices: T[]): T {
  return choices[random(choices.length)] as T;
}

function randomName(random: Random): string {
  const name = choose(random, NAME, NAME, NAME, "c1.example", "c2.example");
  return choose(random, name, name, name.toUpperCase(), "example.com");
}

function randomRecord(random: Random): dns.Answer {
  const name = randomName(random);
  const strings = Array.from({ length: random(4) }, () =>
    Uint8Array.from(
      { length: choose(random, 0, 1, 9, 254, 255) },
      () => random(256),
    ));
  const inClass = choose(random, "IN", "IN", "IN", "CH") as dns.RecordClass;
  const common = { name, ttl: random(2 ** 31), class: inClass };
  return choose<dns.Answer>(
    random,
    { ...common, type: "TXT", data: strings },
    { ...common, type: "TXT", data: strings },
    { ...common, type: "CNAME", data: randomName(random) },
    { ...common, type: "A", data: "192.0.2.1" },
    { ...common, type: "AAAA", data: "2001:db8::1" },
    { ...common, type: "NS", data: randomName(random) },
    { ...common, type: "MX", data: { exchange: randomName(random) } },
    { ...common, type: "SOA", data: { mname: name, rname: name } },
  );
}

function randomAnswer(random: Random): Uint8Array {
  const chainLength = choose(random, 0, 0, 1, 2, random(11));
  const cnames = Array.from({ length: chainLength }, (_, i) => ({
    type: "CNAME" as const,
    name: i === 0 ? NAME : `c${i}.example`,
    data: `c${i + 1}.example`,
  }));
  const target = chainLength === 0 ? NAME : `c${chainLength}.example`;
  const targetText = {
    type: "TXT" as const,
    name: target,
    data: ["v=DKIM1; p="],
  };
  const some = (limit: number) =>
    Array.from({ length: random(limit) }, () => randomRecord(random));
  const bits = [
    dns.RECURSION_DESIRED,
    choose(random, dns.RECURSION_AVAILABLE, dns.RECURSION_AVAILABLE, 0),
    choose(random, 0, dns.AUTHORITATIVE_ANSWER),
    random(20) === 0 ? dns.TRUNCATED_RESPONSE : 0,
    random(30) === 0 ? 0x800 : 0,
    choose(random, 0, 0, 0, 0, 3, 3, random(16)),
  ];
  const question = {
    type: random(40) === 0 ? "A" as const : "TXT" as const,
    class: random(40) === 0 ? "CH" as const : "IN" as const,
    name: random(20) === 0 ? "example.com" : NAME,
  };
  const extendedRcode = random(20) === 0 ? 1 : 0;
  const opt = { type: "OPT", name: ".", extendedRcode, options: [] };
  const packet = dns.encode({
    type: random(40) === 0 ? "query" : "response",
    id: random(20) === 0 ? random(65536) : ID,
    flags: bits.reduce((flags, bit) => flags | bit),
    questions: Array(choose(random, 1, 1, 1, 1, 1, 1, 1, 0, 2)).fill(question),
    answers: [
      ...cnames,
      ...some(3),
      ...random(2) ? [targetText] : [],
      ...some(3),
    ],
    authorities: some(3),
    additionals: [
      ...some(2),
      ...random(2) ? [opt as unknown as dns.Answer] : [],
    ],
  });
  return random(2) === 0 ? packet : compressOwners(packet);
}

/** Points from owners to the name of the question: the library does not. */
function compressOwners(packet: Uint8Array): Uint8Array {
  const latin1 = (octets: Iterable<number>) => String.fromCharCode(...octets);
  const name = latin1(wireName(NAME));
  const [head, ...rest] = latin1(packet.subarray(12)).split(name);
  const parts = rest.map((part, i) => {
    const isOwner = i > 0 &&
      ["\x01", "\x05", "\x10"].some((type) =>
        part.startsWith(`\0${type}\0\x01`)
      );
    return (isOwner ? latin1(ASKED) : name) + part;
  });
  return Uint8Array.of(
    ...packet.subarray(0, 12),
    ...octets(head + parts.join("")),
  );
}

function mutate(random: Random, packet: Uint8Array): Uint8Array {
  let bytes = [...packet];
  for (let i = choose(random, 1, 1, 2, 4); i > 0; i--) {
    const at = random(bytes.length + 1);
    const count = 1 + random(20);
    const interesting = choose(random, 0, 1, 5, 12, 16, 41, 63, 64, 0xc0, 0xff);
    const change = choose<() => unknown>(
      random,
      () => bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8)),
      () => bytes[at] = interesting,
      () => bytes[at] = random(256),
      () => bytes[random(Math.min(bytes.length, 60))] = interesting,
      () => bytes.splice(at, count),
      () => bytes.splice(at, 0, ...Array(count).fill(interesting)),
      () => bytes.splice(at, 0, ...bytes.slice(random(at + 1)).slice(0, count)),
      () => bytes.splice(at, 2, ...pointer(random(bytes.length + 1))),
      () => bytes = bytes.slice(0, at),
    );
    change();
  }
  return Uint8Array.from(bytes);
}

/** Compares two replies; how a text for the log is worded does not count. */
function assertSameReply(ours: DnsReply, reference: DnsReply, seed: number) {
  const detail = "";
  const plain = (reply: DnsReply) =>
    reply.outcome === "temporary" ? { ...reply, detail } : reply;
  assertEquals(plain(ours), plain(reference), `FUZZ_SEED=${seed}`);
}

Deno.test("`parseAnswer()` says what the reference says of any answer", () => {
  const outcomes = new Map<string, number>();
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    const packet = randomAnswer(randomSource(seed));
    const ours = parseAnswer(packet, QUERY);
    const reference = referenceAnswer(packet);
    if (reference === undefined) throw new Error(`FUZZ_SEED=${seed}`);
    assertSameReply(ours, reference, seed);
    outcomes.set(ours.outcome, (outcomes.get(ours.outcome) ?? 0) + 1);
  }
  for (const count of outcomes.values()) assert(count > RUNS / 100);
  assertEquals(outcomes.size, 6);
});

Deno.test("`parseAnswer()` never throws at a mutated answer, nor differs", () => {
  // The library's names are text: it can not tell a dot inside a label.
  const handMade = Object.entries(ANSWERS)
    .filter(([what]) => what !== "a name with a dot inside a label")
    .map(([_, [parts]]) => message(parts));
  let compared = 0;
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    const random = randomSource(seed);
    const whole = random(2) === 0
      ? randomAnswer(random)
      : choose(random, ...handMade);
    const packet = mutate(random, whole);
    const ours = parseAnswer(packet, QUERY);
    const reference = referenceAnswer(packet);
    const isMalformed = ours.outcome === "temporary" &&
      ours.detail === "a malformed answer";
    if (reference === undefined || isMalformed) continue;
    assertSameReply(ours, reference, seed);
    compared++;
  }
  assert(compared > RUNS / 4, `only ${compared} were compared`);
});

Deno.test("`parseAnswer()` never throws at random bytes", () => {
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    const random = randomSource(seed);
    const tail = Array.from({ length: random(100) }, () => random(256));
    parseAnswer(Uint8Array.from(tail), QUERY);
    const counts = Array.from({ length: 4 }, () => [0, random(4)]).flat();
    const header = [...uint16(ID), ...uint16(RESPONSE), ...counts];
    parseAnswer(Uint8Array.of(...header, ...QUESTION, ...tail), QUERY);
  }
});
