// DNS in memory with records of each type: the table of the DNS stand-in, asked directly, and every
// question that was asked. Knows no socket.

import type {
  Answer,
  Lookup,
  RecordType,
  RecordTypes,
  Resolver,
  TxtAnswer,
} from "../../lib/ports/resolver.ts";
import { answerFrom, type Zone } from "../../scripts/host/zone.ts";

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
    return Promise.resolve(answerFrom(this.#zone, name, type));
  }

  txt(name: string): Promise<TxtAnswer> {
    return this.lookup(name, "TXT");
  }
}
