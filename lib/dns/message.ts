// The DNS message (RFC 1035 section 4, RFC 3596 for AAAA, RFC 6891 for EDNS0): writes one query, reads
// one answer. A table has the record types that can be asked for. Knows no socket, no server and no
// time.

import type { Answer, RecordType, RecordTypes } from "../ports/resolver.ts";

/** What one packet answers to one query. */
export type DnsReply<Type extends RecordType = "TXT"> =
  | Answer<RecordTypes[Type]>
  /** The answer does not fit into a packet: ask over TCP. */
  | { outcome: "truncated" }
  /** The packet does not belong to this query. */
  | { outcome: "other" }
  /** The server does not know EDNS0: ask without (RFC 6891 section 7). */
  | { outcome: "no edns"; detail: string };

const TYPE_CNAME = 5;
const TYPE_OPT = 41;
const CLASS_IN = 1;
const RCODES = ["", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"];
const FORMERR = 1;
const NXDOMAIN = 3;
const NOTIMP = 4;
/** The low octet of the number of additional records in a header. */
const ADDITIONAL_COUNT_AT = 11;
const HEADER_BYTES = 12;
const NAME_LIMIT_BYTES = 255;
const LABEL_LIMIT_BYTES = 63;
const CNAME_LIMIT = 8;
/** Further addresses and names are dropped. TXT records are all kept: any of them may count. */
const RECORDS_LIMIT = 100;

/** The number of each type, and the reader of its records. */
const TYPES: {
  [Type in RecordType]: [
    number: number,
    read: (reader: Reader, end: number) => RecordTypes[Type],
  ];
} = {
  A: [1, (reader) => reader.octets(4).join(".")],
  NS: [2, (reader) => writeName(reader.name())],
  PTR: [12, (reader) => writeName(reader.name())],
  MX: [15, (reader) => ({
    preference: reader.uint16(),
    exchange: writeName(reader.name()),
  })],
  TXT: [16, (reader, end) => reader.text(end)],
  AAAA: [
    28,
    (reader) =>
      Array.from({ length: 8 }, () => reader.uint16().toString(16)).join(":"),
  ],
};

/** Lower-cases A to Z. All other octets have no case (RFC 4343). */
export function lowerCaseName(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Writes a name as text. A dot inside a label gets a backslash. */
function writeName(name: string): string {
  const labels: string[] = [];
  for (let at = 0; name.charCodeAt(at) > 0;) {
    const end = at + 1 + name.charCodeAt(at);
    labels.push(name.slice(at + 1, end).replaceAll(".", "\\."));
    at = end;
  }
  return labels.join(".");
}

/**
 * Writes the query for a name's records of one type, recursion desired.
 *
 * @param id From 0 to 65535.
 * @param name A domain name without a final dot, each char one octet.
 * @param withEdns Announce with EDNS0 how long an answer may be.
 * @param type Which records.
 * @returns The packet, undefined for a name that cannot be asked for.
 */
export function formatQuery(
  id: number,
  name: string,
  withEdns = true,
  type: RecordType = "TXT",
): Uint8Array | undefined {
  if (name.length + 2 > NAME_LIMIT_BYTES) return undefined;
  const octets: number[] = [];
  for (const label of name.split(".")) {
    if (label === "" || label.length > LABEL_LIMIT_BYTES) return undefined;
    octets.push(label.length);
    for (let i = 0; i < label.length; i++) octets.push(label.charCodeAt(i));
  }
  if (octets.some((octet) => octet > 0xff)) return undefined;
  const additional = withEdns ? 1 : 0;
  const flagsAndCounts = [0x01, 0, 0, 1, 0, 0, 0, 0, 0, additional];
  const typeAndClass = [0, TYPES[type][0], 0, CLASS_IN];
  // A payload of 1232 passes everywhere unfragmented; fragments can be forged.
  const opt = withEdns
    ? [0, 0, TYPE_OPT, 1232 >> 8, 1232 & 0xff, 0, 0, 0, 0, 0, 0]
    : [];
  const question = [...octets, 0, ...typeAndClass];
  return Uint8Array.of(id >> 8, id, ...flagsAndCounts, ...question, ...opt);
}

/**
 * Reads an answer to a query.
 *
 * @param packet Any bytes.
 * @param query What {@linkcode formatQuery} returned.
 * @param type Which records it asks for.
 */
export function parseAnswer<Type extends RecordType = "TXT">(
  packet: Uint8Array,
  query: Uint8Array,
  type = "TXT" as Type,
): DnsReply<Type> {
  const reader = new Reader(packet);
  const id = reader.uint16();
  const flags = reader.uint16();
  const questions = reader.uint16();
  const answers = reader.uint16();
  const records = answers + reader.uint16() + reader.uint16();
  const isResponse = (flags & 0xf800) === 0x8000;
  if (reader.broken || !isResponse || id !== new Reader(query).uint16()) {
    return { outcome: "other" };
  }
  const rcode = flags & 0x0f;
  const failed = rcode !== 0 && rcode !== NXDOMAIN;
  // A server without EDNS0 may answer FORMERR with nothing but a header.
  if (failed && questions === 0) return failure(rcode, query);

  const [typeNumber, read] = TYPES[type];
  const asked = new Reader(query, HEADER_BYTES).name();
  const isOurs = questions === 1 && reader.name() === asked &&
    reader.uint16() === typeNumber && reader.uint16() === CLASS_IN;
  if (!isOurs || reader.broken) return { outcome: "other" };
  if (failed) return failure(rcode, query);
  if ((flags & 0x0200) !== 0) return { outcome: "truncated" };

  const found = new Map<string, RecordTypes[Type][]>();
  const aliases = new Map<string, string>();
  for (let i = 0; i < records; i++) {
    const owner = reader.name();
    const ownType = reader.uint16();
    const isAnswer = reader.uint16() === CLASS_IN && i < answers;
    // The time to live. In OPT its first octet holds the upper bits of the rcode.
    const upperRcode = reader.uint16() >> 8;
    reader.uint16();
    const end = reader.uint16() + reader.at;
    if (ownType === TYPE_OPT && upperRcode !== 0) {
      return temporary(nameRcode(upperRcode << 4 | rcode));
    }
    if (isAnswer && ownType === typeNumber) {
      const known = found.get(owner) ?? [];
      const record = read(reader, end);
      if (type === "TXT" || known.length < RECORDS_LIMIT) known.push(record);
      found.set(owner, known);
    } else if (isAnswer && ownType === TYPE_CNAME) {
      aliases.set(owner, reader.name());
    } else {
      reader.at = end;
    }
    if (reader.broken || reader.at !== end || end > packet.length) {
      return temporary("a malformed answer");
    }
  }

  let name = asked;
  for (let hops = 0; hops <= CNAME_LIMIT; hops++) {
    const records = found.get(name);
    const alias = aliases.get(name);
    if (records === undefined && alias !== undefined) {
      name = alias;
      continue;
    }
    // After CNAMEs the rcode is about the last name (RFC 6604).
    if (rcode === NXDOMAIN) {
      if (records !== undefined) return temporary("NXDOMAIN with records");
      return { outcome: "nxdomain" };
    }
    if (records !== undefined) return { outcome: "records", records };
    // Without recursion a server knows nothing of names outside its zones.
    const recurses = (flags & 0x0080) !== 0;
    const isAuthority = (flags & 0x0400) !== 0 && hops === 0;
    if (!recurses && !isAuthority) return temporary("a referral");
    return { outcome: "nodata" };
  }
  return temporary(`more than ${CNAME_LIMIT} CNAMEs`);
}

/** Reads an error code. FORMERR and NOTIMP to a query with EDNS0 may come from a server without it. */
function failure(
  rcode: number,
  query: Uint8Array,
): { outcome: "temporary" | "no edns"; detail: string } {
  const detail = nameRcode(rcode);
  const hasEdns = query[ADDITIONAL_COUNT_AT] === 1;
  const isOld = hasEdns && (rcode === FORMERR || rcode === NOTIMP);
  return isOld ? { outcome: "no edns", detail } : temporary(detail);
}

function temporary(detail: string): { outcome: "temporary"; detail: string } {
  return { outcome: "temporary", detail };
}

function nameRcode(rcode: number): string {
  return RCODES[rcode] ?? `rcode ${rcode}`;
}

/** Reads a packet. Sets `broken` when it reads past the end or meets a malformed name. */
class Reader {
  readonly #bytes: Uint8Array;
  at: number;
  broken = false;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  #octet(): number {
    const octet = this.#bytes[this.at++];
    if (octet === undefined) this.broken = true;
    return octet ?? 0;
  }

  uint16(): number {
    return this.#octet() << 8 | this.#octet();
  }

  octets(count: number): Uint8Array {
    const start = this.at;
    this.at += count;
    return this.#bytes.subarray(start, this.at);
  }

  /** A string with its length in the first octet. */
  #string(): string {
    return String.fromCharCode(...this.octets(this.#octet()));
  }

  /** Strings up to an offset, joined. */
  text(end: number): string {
    let text = "";
    while (this.at < end) text += this.#string();
    return text;
  }

  /**
   * A name in lower case. Each label follows its length, so that a dot inside a label cannot be
   * taken for a dot between two.
   */
  name(): string {
    let name = "";
    const start = this.at;
    let end: number | undefined;
    // A name has at most 128 labels with the root's, and a pointer before each. Anything
    // longer goes in a circle.
    for (let steps = 0; steps < 256; steps++) {
      const length = this.#bytes[this.at] ?? 0;
      if (length >= 0xc0) {
        const target = this.uint16() & 0x3fff;
        end ??= this.at;
        // It points to "a prior occurrence" (RFC 1035 section 4.1.4).
        if (target >= start) break;
        this.at = target;
        continue;
      }
      name += String.fromCharCode(length) + this.#string();
      if (length > LABEL_LIMIT_BYTES || name.length > NAME_LIMIT_BYTES) break;
      if (length > 0) continue;
      this.at = end ?? this.at;
      return lowerCaseName(name);
    }
    this.broken = true;
    return "";
  }
}
