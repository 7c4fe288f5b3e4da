// DNS in memory with records of each type: the table of the DNS stand-in, asked directly, and every
// question that was asked. Knows no socket.

import { formatQuery } from "../../lib/dns/message.ts";
import type {
  Answer,
  Lookup,
  RecordType,
  RecordTypes,
  Resolver,
  TxtAnswer,
} from "../../lib/ports/resolver.ts";
import { lookUp, type Zone } from "../../scripts/host/zone.ts";

/** As many CNAMEs as the DNS client follows. */
const CNAME_LIMIT = 8;

/** A table that answers at once. */
export class DnsTable implements Lookup, Resolver {
  /** `TYPE name`, as they came. */
  readonly asked: string[] = [];
  readonly #zone: Zone;

  constructor(zone: Zone) {
    this.#zone = zone;
  }

  lookup<Type extends RecordType>(
    name: string,
    type: Type,
  ): Promise<Answer<RecordTypes[Type]>> {
    this.asked.push(`${type} ${name}`);
    return Promise.resolve(this.#answer(name, type));
  }

  txt(name: string): Promise<TxtAnswer> {
    return this.lookup(name, "TXT");
  }

  #answer<Type extends RecordType>(
    name: string,
    type: Type,
  ): Answer<RecordTypes[Type]> {
    if (!formatQuery(0, name)) return { outcome: "too long" };
    const { names, records, error } = lookUp(this.#zone, name, type);
    if (names.length - 1 > CNAME_LIMIT) {
      return { outcome: "temporary", detail: "CNAMEs" };
    }
    if (error === "nxdomain" || error === "nodata") return { outcome: error };
    if (error !== undefined) return { outcome: "temporary", detail: error };
    if (records.length === 0) return { outcome: "nodata" };
    const read = records.map((record) => readRecord(type, record));
    return { outcome: "records", records: read as RecordTypes[Type][] };
  }
}

function readRecord(type: RecordType, record: unknown): unknown {
  const plain = (name: string) => name.replace(/\.$/, "").toLowerCase();
  if (type === "PTR" || type === "NS") return plain(record as string);
  if (type !== "MX") return record;
  const [preference, exchange] = record as [number, string];
  return { preference, exchange: plain(exchange) };
}
