// Where a peer finds something else than a row of SPF says, and the sentence that decides it. An entry
// that no longer holds is a failure, as is such a row without an entry.

/** What is known of a peer, or of several. */
export interface SpfDisagreement {
  /** How their names begin. */
  peers: readonly string[];
  rows: readonly string[];
  /** What they do. */
  why: string;
  /** Where the sentence is. */
  section: string;
  sentence: string;
  /** For whom it speaks; for the row, if not said. */
  for?: "the peer" | "neither";
}

const BOTH = ["pyspf", "Mail::SPF"];
const ALL = [...BOTH, "mailauth"];

export const SPF_DISAGREEMENTS: readonly SpfDisagreement[] = [
  {
    peers: BOTH,
    rows: ["own/4.3 a U-label is asked for as an A-label"],
    why: "asks nothing of a domain with U-labels",
    section: "RFC 7208 section 4.3",
    sentence:
      "Internationalized domain names MUST be encoded as A-labels, as described in Section 2.3 of [RFC5890].",
  },
  {
    peers: ["pyspf", "mailauth"],
    rows: ["own/4.3 the root's dot is no empty label"],
    why: "asks nothing of a domain with the root's dot",
    section: "RFC 7208 section 4.3",
    sentence:
      "If the <domain> is malformed (e.g., label longer than 63 characters, zero-length label not at the end, etc.)",
  },
  {
    peers: ["Mail::SPF"],
    rows: [
      "own/2.4 the null sender without HELO",
      "own/4.3 an empty label",
      "own/4.3 a label of 64 octets",
      "stalwart/basic-1-2",
    ],
    why: "throws an exception for a domain that DNS cannot be asked for",
    section: "RFC 7208 section 4.3",
    sentence:
      'If the <domain> is malformed [...] check_host() immediately returns the result "none".',
  },
  {
    peers: ["Mail::SPF"],
    rows: ["rfc7208/invalid-domain-empty-label"],
    why: "throws an exception for a target that DNS cannot be asked for",
    section: "RFC 7208 section 4.8",
    sentence:
      'Some implementations choose to treat such errors as not-match and therefore ignore such names, while others return a "permerror" exception.',
  },
  {
    peers: ["pyspf"],
    rows: ["own/4.3 the last @ counts"],
    why: "takes what is behind the first @ for the domain",
    section: "RFC 7208 section 4.1",
    sentence:
      '<domain> - the domain that provides the sought-after authorization information; initially, the domain portion of the "MAIL FROM" or "HELO" identity.',
    for: "neither",
  },
  {
    peers: BOTH,
    rows: ["own/5 the zone of a client's address does not count"],
    why: "throws an exception for an address with a zone",
    section: "RFC 7208 section 4.1",
    sentence:
      "<ip> - the IP address of the SMTP client that is emitting the mail, either IPv4 or IPv6.",
    for: "neither",
  },
  {
    peers: ["Mail::SPF"],
    rows: [
      "own/5 an IPv4-mapped network has no IPv4 client",
      "rfc7208/cidr6-0-ip4",
    ],
    why: "holds an IPv4 client against ip6 as an IPv4-mapped address",
    section: "RFC 7208 section 5",
    sentence:
      'IPv4 <ip> addresses are only listed in an SPF record using the "ip4" mechanism.',
  },
  {
    peers: BOTH,
    rows: ["own/5.5 DNS does not answer for PTR"],
    why: "ends with temperror",
    section: "RFC 7208 section 5.5",
    sentence:
      "If a DNS error occurs while doing the PTR RR lookup, then this mechanism fails to match.",
  },
  {
    peers: ["pyspf"],
    rows: ["own/5.5 DNS does not answer for the first name"],
    why: "ends with temperror",
    section: "RFC 7208 section 5.5",
    sentence:
      "If a DNS error occurs while doing an A RR lookup, then that domain name is skipped and the search continues.",
  },
  {
    peers: BOTH,
    rows: [
      "own/5.5 a client cannot make an error of a fail",
      "own/4.6.4 200 names of the client, the tenth valid",
      "own/4.6.4 200 names of the client, the eleventh valid",
      "own/4.6.4 200 names of the client for the macro p",
    ],
    why: "counts each name of the client without an address, of one term",
    section: "RFC 7208 section 4.6.4",
    sentence:
      'As described at the end of Section 11.1, there may be cases where it is useful to limit the number of "terms" for which DNS queries return either a positive answer (RCODE 0) with an answer count of 0, or a "Name Error" (RCODE 3) answer.',
  },
  {
    peers: ALL,
    rows: ["own/4.6.4 names of the other family are no void answers"],
    why: "counts names with addresses of the other family alone",
    section: "RFC 7208 section 4.6.4",
    sentence:
      'a positive answer (RCODE 0) with an answer count of 0 [...] These are sometimes collectively referred to as "void lookups".',
    for: "the peer",
  },
  {
    peers: ["Mail::SPF"],
    rows: [
      "own/4.6.4 eleven MX records, the first of them the client",
      "own/4.6.4 200 MX records",
      "rfc7208/mx-limit",
    ],
    why: "takes the first ten",
    section: "RFC 7208 section 4.6.4",
    sentence:
      'If this limit is exceeded, the "mx" mechanism MUST produce a "permerror" result.',
  },
  {
    peers: ALL,
    rows: ["own/3.4 a record of 4,097 octets"],
    why: "reads a record of any length",
    section: "RFC 7208 section 3.4",
    sentence:
      "The published SPF record for a given domain name SHOULD remain small enough that the results of a query for it will fit within 512 octets.",
    for: "neither",
  },
  {
    peers: ["pyspf"],
    rows: ["own/6 an unknown modifier"],
    why: "does not let the macro c stand in a modifier that it does not know",
    section: "RFC 7208 section 6",
    sentence:
      "Unrecognized modifiers MUST be ignored no matter where, or how often, they appear in a record.",
  },
  {
    peers: ["Mail::SPF"],
    rows: ["own/6 an unknown modifier with a macro that there is not"],
    why: "does not look at the value of a modifier that it does not know",
    section: "RFC 7208 section 12",
    sentence: 'unknown-modifier = name "=" macro-string',
  },
  {
    peers: ["Mail::SPF"],
    rows: ["rfc7208/non-ascii-exp"],
    why: "gives an explanation that is not ASCII",
    section: "RFC 7208 section 6.2",
    sentence:
      "Since the explanation string is intended for an SMTP response and Section 2.4 of [RFC5321] says that responses are in [US-ASCII], the explanation string MUST be limited to [US-ASCII].",
  },
  {
    peers: ["pyspf"],
    rows: ["own/7.1 a name may end in a percent sign"],
    why: "takes the second percent sign for the beginning of a macro",
    section: "RFC 7208 section 7.1",
    sentence:
      'macro-expand = ( "%{" macro-letter transformers *delimiter "}" ) / "%%" / "%_" / "%-"',
  },
  {
    peers: ["pyspf"],
    rows: ["own/7.3 no parts"],
    why: "lets a macro have no parts",
    section: "RFC 7208 section 7.3",
    sentence: "If a DIGIT is specified, the value MUST be nonzero.",
  },
  {
    peers: ["pyspf", "mailauth"],
    rows: ["own/7.3 an unknown HELO"],
    why: "does not expand h to `unknown` for a HELO that it is not told",
    section: "RFC 7208 section 7.2",
    sentence: "h = HELO/EHLO domain",
    for: "neither",
  },
  {
    peers: ["pyspf"],
    rows: ["own/7.3 a name that macros make 10 KB long"],
    why: "drops one label of a name over 253 octets, however long it is",
    section: "RFC 7208 section 7.3",
    sentence:
      "the left side is truncated to fit, by removing successive domain labels (and their following dots) until the total length does not exceed 253 characters.",
  },
  {
    peers: ["mailauth"],
    rows: ["own/4.6.4 void answers for mail exchangers"],
    why: "counts no exchanger without an address, of one term",
    section: "RFC 7208 section 11.1",
    sentence:
      'the verifier abort processing and return "permerror" (Section 2.6.7) as soon as more than two "void lookups" have been encountered',
  },
  {
    peers: ["mailauth"],
    rows: ["own/4.6.4 eleven MX records, the first of them the client"],
    why: "counts exchangers as it asks for them",
    section: "RFC 7208 section 4.6.4",
    sentence:
      'If this limit is exceeded, the "mx" mechanism MUST produce a "permerror" result.',
  },
];
