// DNS in memory: TXT records by name, and every question that was asked. Knows no key.

import type {
  Answer,
  Lookup,
  RecordType,
  RecordTypes,
  Resolver,
  TxtAnswer,
} from "../../lib/ports/resolver.ts";

/** What a name has: one record, several, or another outcome. */
export type ZoneEntry = string | string[] | TxtAnswer | Promise<TxtAnswer>;

/** A zone that answers at once; what it does not have is not there. */
export class Zone implements Resolver, Lookup {
  /** The names asked for, as they came. */
  asked: string[] = [];
  #entries: Record<string, ZoneEntry>;

  /** @param entries By name; `*` stands for every other one. */
  constructor(entries: Record<string, ZoneEntry> = {}) {
    this.#entries = entries;
  }

  txt(name: string): Promise<TxtAnswer> {
    this.asked.push(name);
    const entry = this.#entries[name.toLowerCase()] ??
      this.#entries["*"];
    return Promise.resolve(
      entry === undefined
        ? { outcome: "nxdomain" }
        : typeof entry === "string"
        ? { outcome: "records", records: [entry] }
        : Array.isArray(entry)
        ? { outcome: "records", records: entry }
        : entry,
    );
  }

  /** A name with TXT records has no others. */
  async lookup<Type extends RecordType>(
    name: string,
    type: Type,
  ): Promise<Answer<RecordTypes[Type]>> {
    const answer = await this.txt(name);
    return answer.outcome === "records" && type !== "TXT"
      ? { outcome: "nodata" }
      : answer as Answer<RecordTypes[Type]>;
  }
}
