// The records of DNS as a table, and the answers that follow from it. Knows no wire format and no
// socket.

import { formatQuery, lowerCaseName } from "../../lib/dns/message.ts";
import type {
  Answer,
  RecordType,
  RecordTypes,
} from "../../lib/ports/resolver.ts";

/** The reasons why a question gets no records. */
export type ZoneError =
  | "timeout"
  | "servfail"
  | "refused"
  | "nxdomain"
  | "nodata";

/** The records of a name by type. */
export interface ZoneRecords {
  /** Each a record, an octet string. A record of 255 octets or more is sent as several strings. */
  TXT?: string[];
  A?: string[];
  AAAA?: string[];
  MX?: [preference: number, exchange: string][];
  PTR?: string[];
  NS?: string[];
  /** The target of an alias, for every type without records here. */
  CNAME?: string[];
  /** The answer for every type without records. */
  error?: ZoneError;
  /** The answer for one type, whatever records it has. */
  errors?: Partial<Record<RecordType, ZoneError>>;
}

/** The entry of a name. */
export type ZoneEntry =
  /** TXT records alone. */
  | string[]
  | { cname: string }
  /** FORMERR or NOTIMP to a question with EDNS0, the records to one without. */
  | { oldServer: "formerr" | "notimp"; texts: string[] }
  | ZoneRecords;

/** The entries by lower-case name. A name that is not there is NXDOMAIN. */
export type Zone = Record<string, ZoneEntry>;

/** The answer to a question: CNAMEs, then records of the last name, or an error. */
export interface ZoneAnswer {
  /** The name of the question, then each name that the one before is an alias of. */
  names: string[];
  /** The records as in the table. */
  records: unknown[];
  error?: ZoneError | "formerr" | "notimp";
}

const CNAME_LIMIT = 20;
/** As many CNAMEs as the DNS client follows. */
const CLIENT_CNAME_LIMIT = 8;

/** Looks a question up. */
export function lookUp(
  zone: Zone,
  name: string,
  type: RecordType,
  withEdns = false,
): ZoneAnswer {
  const names = [name];
  for (;;) {
    const entry = Object.hasOwn(zone, nameOf(names))
      ? zone[nameOf(names)]
      : undefined;
    if (entry === undefined) return { names, records: [], error: "nxdomain" };
    if (!Array.isArray(entry) && "oldServer" in entry) {
      const records = type === "TXT" ? entry.texts : [];
      return withEdns
        ? { names, records: [], error: entry.oldServer }
        : { names, records };
    }
    const { [type]: found, CNAME: [alias] = [], error, errors } = recordsOf(
      entry,
    );
    const own = errors?.[type] ?? (found === undefined ? error : undefined);
    if (own !== undefined && alias === undefined) {
      return { names, records: [], error: own };
    }
    const isEnd = alias === undefined || names.length > CNAME_LIMIT;
    if (found !== undefined || isEnd) return { names, records: found ?? [] };
    names.push(alias.replace(/\.$/, ""));
  }
}

/** Answers a question as the DNS client does that asks a server of this zone. */
export function answerFrom<Type extends RecordType>(
  zone: Zone,
  name: string,
  type: Type,
): Answer<RecordTypes[Type]> {
  if (!formatQuery(0, name)) return { outcome: "too long" };
  const { names, records, error } = lookUp(zone, name, type);
  if (names.length - 1 > CLIENT_CNAME_LIMIT) {
    return { outcome: "temporary", detail: "CNAMEs" };
  }
  if (error === "nxdomain" || error === "nodata") return { outcome: error };
  if (error !== undefined) return { outcome: "temporary", detail: error };
  if (records.length === 0) return { outcome: "nodata" };
  const read = records.map((record) => readRecord(type, record));
  return { outcome: "records", records: read as RecordTypes[Type][] };
}

function readRecord(type: RecordType, record: unknown): unknown {
  const plain = (name: string) => lowerCaseName(name).replace(/\.$/, "");
  if (type === "PTR" || type === "NS") return plain(record as string);
  if (type !== "MX") return record;
  const [preference, exchange] = record as [number, string];
  return { preference, exchange: plain(exchange) };
}

function nameOf(names: string[]): string {
  return lowerCaseName(names.at(-1)!);
}

function recordsOf(
  entry: Exclude<ZoneEntry, { oldServer: string }>,
): ZoneRecords {
  if (Array.isArray(entry)) return { TXT: entry };
  return "cname" in entry ? { CNAME: [entry.cname] } : entry;
}
