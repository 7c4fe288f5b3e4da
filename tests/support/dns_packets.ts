// DNS messages made by hand, octet by octet (RFC 1035 section 4.1), and what they are to come out as.

import {
  type DnsReply,
  formatQuery,
  parseAnswer,
} from "../../lib/dns/message.ts";

export const ID = 0x1234;
export const NAME = "s_2048._domainkey.example.com";
export const QUERY = formatQuery(ID, NAME) as Uint8Array;
export const RESPONSE = 0x8180;
export const [TXT, CNAME, OPT] = [16, 5, 41];
export const OTHER: DnsReply = { outcome: "other" };
export const NODATA: DnsReply = { outcome: "nodata" };
export const MALFORMED: DnsReply = {
  outcome: "temporary",
  detail: "a malformed answer",
};

export function records(...texts: string[]): DnsReply {
  return { outcome: "records", records: texts };
}

/** The server may not know EDNS0, which the query has. */
export function noEdns(detail: string): DnsReply {
  return { outcome: "no edns", detail };
}

export function temporary(detail: string): DnsReply {
  return { outcome: "temporary", detail };
}

export function octets(text: string): number[] {
  return Array.from(text, (char) => char.charCodeAt(0));
}

export function uint16(value: number): number[] {
  return [value >> 8 & 0xff, value & 0xff];
}

export function wireName(name: string): number[] {
  const labels = name.split(".").flatMap((l) => [l.length, ...octets(l)]);
  return [...labels, 0];
}

export function pointer(offset: number): number[] {
  return uint16(0xc000 | offset);
}

export function string(text: string): number[] {
  return [text.length, ...octets(text)];
}

/** Where the name of the question stands. */
export const ASKED = pointer(12);

export interface Options {
  class?: number;
  ttl?: number[];
  length?: number;
}

export function record(
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

export interface Parts {
  id?: number;
  flags?: number;
  questions?: number[][];
  answers?: number[][];
  authorities?: number[][];
  additionals?: number[][];
}

export const QUESTION = [...wireName(NAME), ...uint16(TXT), 0, 1];
/** The offset of the first answer's owner. */
export const FIRST_ANSWER = 12 + QUESTION.length;

export function message(parts: Parts): Uint8Array {
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

export function parse(parts: Parts): DnsReply {
  return parseAnswer(message(parts), QUERY);
}

/** A name of 127 labels, the most there can be. */
export const MANY_LABELS = Array(127).fill("x").join(".");
/** A name of 255 octets on the wire, the longest there is. */
export const LONGEST = [63, 63, 63, 61].map((length) => "x".repeat(length))
  .join(".");

export const one = record(ASKED, TXT, string("v=DKIM1"));
export const alias = (from: number[], to: string) =>
  record(from, CNAME, wireName(to));
export const chain = (length: number) =>
  Array.from(
    { length },
    (_, i) =>
      alias(i === 0 ? ASKED : wireName(`c${i}.example`), `c${i + 1}.example`),
  );
export const text = (owner: string, ...strings: string[]) =>
  record(wireName(owner), TXT, strings.flatMap(string));
export const soa = record(wireName("example.com"), 6, [
  0,
  0,
  ...Array(20).fill(0),
]);
export const opt = record([0], OPT, [], { class: 1232, ttl: [0, 0, 0, 0] });
