// Records from a file or from the command line, in the place of DNS. A name without an entry is
// NXDOMAIN. Knows no network.

import { isIPv4, isIPv6 } from "node:net";
import { lowerCaseName } from "../../lib/dns/message.ts";
import { encodeUtf8 } from "../../lib/message/octets.ts";
import type {
  Answer,
  Lookup,
  RecordType,
  RecordTypes,
  Resolver,
  TxtAnswer,
} from "../../lib/ports/resolver.ts";
import {
  answerFrom,
  type Zone as Table,
  type ZoneError,
  type ZoneRecords,
} from "../host/zone.ts";

const ERRORS: readonly ZoneError[] = [
  "timeout",
  "servfail",
  "refused",
  "nxdomain",
  "nodata",
];

/** Tells whether a value is a record, by the type in a zone. */
const IS_RECORD: Record<
  RecordType | "CNAME",
  (record: unknown) => boolean
> = {
  TXT: isText,
  A: (record) => isText(record) && isIPv4(record),
  AAAA: (record) => isText(record) && isIPv6(record),
  MX: (record) =>
    Array.isArray(record) && record.length === 2 &&
    Number.isInteger(record[0]) && isText(record[1]),
  PTR: isText,
  NS: isText,
  CNAME: isText,
};

/** A resolver that answers from a table. */
export class Zone implements Resolver, Lookup {
  #table: Table = {};

  /**
   * @param json `{"NAME": {"TXT": [...], "A": [...], ..., "error": "timeout"}}`; a list is one of TXT.
   * @param keys Each `NAME=TXT`. They replace the TXT records of that name.
   * @throws {SyntaxError} For a table of another shape.
   */
  constructor(json: string, keys: string[]) {
    for (const [name, entry] of Object.entries(JSON.parse(json) ?? {})) {
      this.#table[keyOf(name)] = parseEntry(name, entry);
    }
    const records = Map.groupBy(
      keys.map((key) => key.split(/=(.*)/s)),
      ([name = ""]) => keyOf(name),
    );
    for (const [name, texts] of records) {
      const TXT = texts.map(([, text = ""]) => encodeUtf8(text));
      this.#table[name] = { ...this.#table[name], TXT };
    }
  }

  txt(name: string): Promise<TxtAnswer> {
    return this.lookup(name, "TXT");
  }

  lookup<Type extends RecordType>(
    name: string,
    type: Type,
  ): Promise<Answer<RecordTypes[Type]>> {
    return Promise.resolve(answerFrom(this.#table, keyOf(name), type));
  }
}

function parseEntry(name: string, entry: unknown): ZoneRecords {
  const given = Array.isArray(entry) ? { TXT: entry } : entry;
  if (!isEntry(given)) {
    throw new SyntaxError(
      `Cannot use the zone's entry for "${name}": expected a list of texts, or lists of ${
        Object.keys(IS_RECORD).join(", ")
      }, and an error out of ${ERRORS.join(", ")}`,
    );
  }
  const { TXT } = given;
  return TXT === undefined ? given : { ...given, TXT: TXT.map(encodeUtf8) };
}

/** An entry without records and without an error would say nothing. */
function isEntry(entry: unknown): entry is ZoneRecords {
  return entry instanceof Object && Object.keys(entry).length > 0 &&
    Object.entries(entry).every(([type, value]) =>
      type === "error"
        ? ERRORS.includes(value)
        : Object.hasOwn(IS_RECORD, type) && Array.isArray(value) &&
          value.every(IS_RECORD[type as RecordType])
    );
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function keyOf(name: string): string {
  return lowerCaseName(name).replace(/\.$/, "");
}
