// The records of a domain that begins with SPF and DMARC: its mail comes from its mail exchangers, and
// reports are wanted, while nothing is refused (RFC 7208 section 4.5, RFC 9989 section 4.7).

/** A TXT record. */
export interface TextRecord {
  /** Without a final dot. */
  name: string;
  text: string;
}

/** Which records are wanted. */
export interface Wanted {
  spf: boolean;
  dmarc: boolean;
}

/** Lists the records that are wanted. */
export function domainRecords(
  domain: string,
  { spf, dmarc }: Wanted,
): TextRecord[] {
  return [
    ...spf ? [{ name: domain, text: "v=spf1 mx -all" }] : [],
    ...dmarc
      ? [{
        name: `_dmarc.${domain}`,
        text: `v=DMARC1; p=none; rua=mailto:postmaster@${domain}`,
      }]
      : [],
  ];
}
