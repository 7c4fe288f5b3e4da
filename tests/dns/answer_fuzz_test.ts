// lib/dns/message.ts beside @dnsquery/dns-packet: answers of all kinds, whole and mutated.
// FUZZ_FULL=1 asks for ten times as many, FUZZ_SEED=n for another start.

import { assert, assertEquals } from "@std/assert";
import * as dns from "@dnsquery/dns-packet";
import {
  type DnsReply,
  formatQuery,
  parseAnswer,
} from "../../lib/dns/message.ts";
import type { RecordType } from "../../lib/ports/resolver.ts";
import {
  ASKED,
  ID,
  message,
  NAME,
  octets,
  pointer,
  QUESTION,
  RESPONSE,
  uint16,
  wireName,
} from "../support/dns_packets.ts";
import { ANSWERS } from "../support/dns_answers.ts";
import { referenceAnswer } from "../support/dns_reference.ts";
import { Random } from "../support/random.ts";

const RUNS = Deno.env.get("FUZZ_FULL") ? 200_000 : 20_000;
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 1);

function choose<T>(random: Random, ...choices: T[]): T {
  return random.pick(choices);
}

function randomName(random: Random): string {
  const name = choose(random, NAME, NAME, NAME, "c1.example", "c2.example");
  return choose(random, name, name, name.toUpperCase(), "example.com");
}

function randomData(random: Random, type: RecordType): unknown {
  const group = () => random.below(0x10000).toString(16);
  switch (type) {
    case "A":
      return Array.from({ length: 4 }, () => random.below(256)).join(".");
    case "AAAA":
      return choose(
        random,
        "2001:db8::1",
        "::",
        Array.from({ length: 8 }, group).join(":"),
      );
    case "MX": {
      const preference = random.below(0x10000);
      return { preference, exchange: choose(random, ".", randomName(random)) };
    }
    case "PTR":
      return randomName(random);
    case "TXT":
      return Array.from({ length: random.below(4) }, () =>
        Uint8Array.from(
          { length: choose(random, 0, 1, 9, 254, 255) },
          () => random.below(256),
        ));
  }
}

const TYPES: RecordType[] = ["A", "AAAA", "MX", "PTR", "TXT"];

function randomRecord(random: Random, wanted: RecordType): dns.Answer {
  const name = randomName(random);
  const inClass = choose(random, "IN", "IN", "IN", "CH") as dns.RecordClass;
  const common = { name, ttl: random.below(2 ** 31), class: inClass };
  const ofType = (type: RecordType) =>
    ({ ...common, type, data: randomData(random, type) }) as dns.Answer;
  return choose<dns.Answer>(
    random,
    ofType(wanted),
    ofType(wanted),
    ofType(choose(random, ...TYPES)),
    { ...common, type: "CNAME", data: randomName(random) },
    { ...common, type: "NS", data: randomName(random) },
    { ...common, type: "SOA", data: { mname: name, rname: name } },
  );
}

function randomAnswer(
  random: Random,
  wanted: RecordType = "TXT",
): Uint8Array {
  const chainLength = choose(random, 0, 0, 1, 2, random.below(11));
  const cnames = Array.from({ length: chainLength }, (_, i) => ({
    type: "CNAME" as const,
    name: i === 0 ? NAME : `c${i}.example`,
    data: `c${i + 1}.example`,
  }));
  const target = chainLength === 0 ? NAME : `c${chainLength}.example`;
  const atTarget = {
    type: wanted,
    name: target,
    data: randomData(random, wanted),
  } as dns.Answer;
  const some = (limit: number) =>
    Array.from(
      { length: random.below(limit) },
      () => randomRecord(random, wanted),
    );
  const bits = [
    dns.RECURSION_DESIRED,
    choose(random, dns.RECURSION_AVAILABLE, dns.RECURSION_AVAILABLE, 0),
    choose(random, 0, dns.AUTHORITATIVE_ANSWER),
    random.below(20) === 0 ? dns.TRUNCATED_RESPONSE : 0,
    random.below(30) === 0 ? 0x800 : 0,
    choose(random, 0, 0, 0, 0, 3, 3, random.below(16)),
  ];
  const question = {
    type: random.below(40) === 0 ? "NS" as const : wanted,
    class: random.below(40) === 0 ? "CH" as const : "IN" as const,
    name: random.below(20) === 0 ? "example.com" : NAME,
  };
  const extendedRcode = random.below(20) === 0 ? 1 : 0;
  const opt = { type: "OPT", name: ".", extendedRcode, options: [] };
  const packet = dns.encode({
    type: random.below(40) === 0 ? "query" : "response",
    id: random.below(20) === 0 ? random.below(65536) : ID,
    flags: bits.reduce((flags, bit) => flags | bit),
    questions: Array(choose(random, 1, 1, 1, 1, 1, 1, 1, 0, 2)).fill(question),
    answers: [
      ...cnames,
      ...some(3),
      ...random.below(2) ? [atTarget] : [],
      ...some(3),
    ],
    authorities: some(3),
    additionals: [
      ...some(2),
      ...random.below(2) ? [opt as unknown as dns.Answer] : [],
    ],
  });
  return random.below(2) === 0 ? packet : compressOwners(packet);
}

/** Points from owners to the name of the question: the library does not. */
function compressOwners(packet: Uint8Array): Uint8Array {
  const latin1 = (octets: Iterable<number>) => String.fromCharCode(...octets);
  const name = latin1(wireName(NAME));
  const [head, ...rest] = latin1(packet.subarray(12)).split(name);
  const parts = rest.map((part, i) => {
    const isOwner = i > 0 &&
      ["\x01", "\x05", "\x0c", "\x0f", "\x10", "\x1c"].some((type) =>
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
    const at = random.below(bytes.length + 1);
    const count = 1 + random.below(20);
    const interesting = choose(random, 0, 1, 5, 12, 16, 41, 63, 64, 0xc0, 0xff);
    const change = choose<() => unknown>(
      random,
      () => bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8)),
      () => bytes[at] = interesting,
      () => bytes[at] = random.below(256),
      () => bytes[random.below(Math.min(bytes.length, 60))] = interesting,
      () => bytes.splice(at, count),
      () => bytes.splice(at, 0, ...Array(count).fill(interesting)),
      () =>
        bytes.splice(
          at,
          0,
          ...bytes.slice(random.below(at + 1)).slice(0, count),
        ),
      () => bytes.splice(at, 2, ...pointer(random.below(bytes.length + 1))),
      () => bytes = bytes.slice(0, at),
    );
    change();
  }
  return Uint8Array.from(bytes);
}

/** Compares two replies; how a text for the log is worded does not count. */
function assertSameReply(
  ours: DnsReply<RecordType>,
  reference: DnsReply<RecordType>,
  seed: number,
) {
  const detail = "";
  const plain = (reply: DnsReply<RecordType>) =>
    "detail" in reply ? { ...reply, detail } : reply;
  assertEquals(plain(ours), plain(reference), `FUZZ_SEED=${seed}`);
}

const QUERIES = new Map(
  TYPES.map((type) => [type, formatQuery(ID, NAME, true, type)!]),
);

for (const [type, query] of QUERIES) {
  Deno.test(`\`parseAnswer()\` says what the reference says of any answer about ${type}`, () => {
    const outcomes = new Map<string, number>();
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      const packet = randomAnswer(new Random(seed), type);
      const ours = parseAnswer(packet, query, type);
      const reference = referenceAnswer(packet, type);
      if (reference === undefined) throw new Error(`FUZZ_SEED=${seed}`);
      assertSameReply(ours, reference, seed);
      outcomes.set(ours.outcome, (outcomes.get(ours.outcome) ?? 0) + 1);
    }
    for (const count of outcomes.values()) assert(count > RUNS / 100);
    assertEquals(outcomes.size, 7);
  });

  Deno.test(`\`parseAnswer()\` never throws at a mutated answer about ${type}, nor differs`, () => {
    // The library's names are text: it cannot tell a dot inside a label, and makes some character
    // of octets over 127.
    const handMade = Object.entries(ANSWERS)
      .filter(([what]) => what !== "a name with a dot inside a label")
      .map(([_, [parts]]) => message(parts));
    let compared = 0;
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      const random = new Random(seed);
      const whole = type === "TXT" && random.below(2) === 0
        ? choose(random, ...handMade)
        : randomAnswer(random, type);
      const packet = mutate(random, whole);
      const ours = parseAnswer(packet, query, type);
      const reference = referenceAnswer(packet, type);
      const isMalformed = ours.outcome === "temporary" &&
        ours.detail === "a malformed answer";
      const isOdd = type !== "TXT" &&
        /[^\0-\x7f]|\\\./.test(JSON.stringify(ours));
      if (reference === undefined || isMalformed || isOdd) continue;
      assertSameReply(ours, reference, seed);
      compared++;
    }
    assert(compared > RUNS / 4, `only ${compared} were compared`);
  });

  Deno.test(`\`parseAnswer()\` never throws at random bytes about ${type}`, () => {
    for (let seed = SEED; seed < SEED + RUNS; seed++) {
      const random = new Random(seed);
      const tail = Array.from(
        { length: random.below(100) },
        () => random.below(256),
      );
      parseAnswer(Uint8Array.from(tail), query, type);
      const counts = Array.from({ length: 4 }, () => [0, random.below(4)])
        .flat();
      const header = [...uint16(ID), ...uint16(RESPONSE), ...counts];
      const question = query.subarray(12, 12 + QUESTION.length);
      parseAnswer(Uint8Array.of(...header, ...question, ...tail), query, type);
    }
  });
}
