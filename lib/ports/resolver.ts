// Questions to DNS and their answers, as types alone.

/** The content of a record, by its type. Names are lower-case, without a final dot, "" for the root. */
export interface RecordTypes {
  /** `192.0.2.1` */
  A: string;
  /** `2001:db8:0:0:0:0:0:1`, or any other way to write it. */
  AAAA: string;
  /** A mail exchanger; the least preference comes first. */
  MX: { preference: number; exchange: string };
  /** The name of a server of the zone. */
  NS: string;
  /** A name. */
  PTR: string;
  /** A string of bytes (each char one octet), the strings of a record joined. */
  TXT: string;
}

/** A type that can be asked for. */
export type RecordType = keyof RecordTypes;

/** The answer for a name's records of one type. */
export type Answer<Record> =
  /** Each record. */
  | { outcome: "records"; records: Record[] }
  /** The name exists without a record of that type, or does not exist. */
  | { outcome: "nodata" | "nxdomain" }
  /** Nothing is known now: SERVFAIL, REFUSED, timeout, garbage, no server. */
  | { outcome: "temporary"; detail: string }
  /** The name cannot be asked for: a label over 63 or a name over 255 octets, or an empty label. */
  | { outcome: "too long" };

/** The answer for a name's TXT records. */
export type TxtAnswer = Answer<RecordTypes["TXT"]>;

/** Looks up TXT records. Throwing or rejecting counts as a temporary outcome. */
export interface Resolver {
  /**
   * Asks for the TXT records of a name.
   *
   * @param name A domain name without a final dot.
   */
  txt(name: string): Promise<TxtAnswer>;
}

/** Looks up records of each type. Throwing or rejecting counts as a temporary outcome. */
export interface Lookup {
  /**
   * Asks for the records of a name.
   *
   * @param name A domain name without a final dot.
   * @param type Which records.
   */
  lookup<Type extends RecordType>(
    name: string,
    type: Type,
  ): Promise<Answer<RecordTypes[Type]>>;
}
