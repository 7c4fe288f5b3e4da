// Whether a name is in DNS, as types alone.

/** What DNS said of a name: NXDOMAIN is `no`, and nothing else is (RFC 8020). */
export type Existence = "yes" | "no" | "temporary";

/** Tells whether names are there. To throw or to reject is a temporary outcome. */
export interface NameCheck {
  /**
   * Asks whether a name is there, with whatever records.
   *
   * @param name A domain name without a final dot.
   */
  exists(name: string): Promise<Existence>;
}
