// What @dnsquery/dns-packet makes of an answer: the library decodes, the rest is section 4.1 of
// RFC 1035 in code.

import * as dns from "@dnsquery/dns-packet";
import { type DnsReply, lowerCaseName } from "../../lib/dns/message.ts";
import { parseAddress } from "../../lib/spf/address.ts";
import type { RecordType } from "../../lib/ports/resolver.ts";
import { ID, NAME, NODATA, noEdns, OTHER, temporary } from "./dns_packets.ts";

type Decoded =
  & { [Part in keyof dns.Packet]-?: NonNullable<dns.Packet[Part]> }
  & { rcode: string; flag_qr: boolean };
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
export function referenceAnswer(
  packet: Uint8Array,
  wanted: RecordType = "TXT",
): DnsReply<RecordType> | undefined {
  const answer = decode(packet);
  if (answer === undefined) return undefined;
  const flags = answer.flags;
  const rcode = flags & 15;
  const failed = rcode !== 0 && rcode !== 3;
  if (!answer.flag_qr || answer.id !== ID || (flags & 0x7800) !== 0) {
    return OTHER;
  }
  // RFC 6891 section 7, and RFC 1035 section 4.1.1 for the names: 1 FORMERR, 4 NOTIMP.
  const failure = [1, 4].includes(rcode) ? noEdns("rcode") : temporary("rcode");
  if (failed && answer.questions.length === 0) return failure;
  const [question] = answer.questions;
  if (
    answer.questions.length !== 1 || question?.type !== wanted ||
    question.class !== "IN" || lowerCaseName(question.name) !== NAME
  ) return OTHER;
  if (failed) return failure;
  if ((flags & dns.TRUNCATED_RESPONSE) !== 0) return { outcome: "truncated" };
  const { answers, authorities, additionals } = answer;
  const all = [...answers, ...authorities, ...additionals] as DecodedRecord[];
  if (all.some((record) => record.extendedRcode)) return temporary("rcode");

  const ours = (answers as DecodedRecord[])
    .filter((record) => record.class === "IN" && !record.flush);
  let name = NAME;
  for (let hops = 0; hops <= 8; hops++) {
    const here = ours.filter((record) => lowerCaseName(record.name) === name);
    const found = here.filter((record) => record.type === wanted)
      .map((record) => readData(wanted, record.data))
      .slice(0, wanted === "TXT" ? Infinity : 100);
    const target = here.findLast((record) => record.type === "CNAME");
    if (found.length > 0) {
      return rcode === 3
        ? temporary("contradiction")
        : { outcome: "records", records: found } as DnsReply<RecordType>;
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

function readData(type: RecordType, data: unknown): unknown {
  switch (type) {
    case "TXT":
      return (data as Uint8Array[])
        .map((string) => String.fromCharCode(...string)).join("");
    case "MX": {
      const { preference, exchange } = data as dns.MxData;
      return { preference, exchange: readName(exchange) };
    }
    case "PTR":
      return readName(data as string);
    case "AAAA":
      // The library writes the short form.
      return parseAddress(data as string)!.parts
        .map((group) => group.toString(16)).join(":");
    case "A":
      return data;
  }
}

function readName(name: string): string {
  return name === "." ? "" : lowerCaseName(name);
}
