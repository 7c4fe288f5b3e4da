// What DNS can be asked, as types alone.

/** What DNS said of a name's TXT records. */
export type TxtAnswer =
  /** One string of bytes (each char one octet) for each record, its strings joined. */
  | { outcome: "records"; records: string[] }
  /** The name is there without a TXT record, or is not there at all. */
  | { outcome: "nodata" | "nxdomain" }
  /** Nothing is known now: SERVFAIL, REFUSED, timeout, garbage, no server. */
  | { outcome: "temporary"; detail: string }
  /** The name can not be asked for: a label over 63 or a name over 255 octets, or an empty label. */
  | { outcome: "too long" };

/** Looks up TXT records. Trouble is an outcome; to throw or to reject is a temporary one. */
export interface Resolver {
  /**
   * Asks for the TXT records of a name.
   *
   * @param name A domain name without a final dot.
   */
  txt(name: string): Promise<TxtAnswer>;
}
