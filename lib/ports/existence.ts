// The question whether a name exists in DNS, as types alone.

/** The answer of DNS. Only NXDOMAIN means `no` (RFC 8020). */
export type Existence = "yes" | "no" | "temporary";

/** Tells whether names exist. Throwing or rejecting counts as a temporary outcome. */
export interface NameCheck {
  /**
   * Asks whether a name exists, whatever records it has.
   *
   * @param name A domain name without a final dot.
   */
  exists(name: string): Promise<Existence>;
}
