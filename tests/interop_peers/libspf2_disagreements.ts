// Where libspf2, which follows RFC 4408, finds something else than a row of SPF says, and the sentence of
// RFC 7208 that decides it: see spf_disagreements.ts.

import type { SpfDisagreement } from "./spf_disagreements.ts";

type Known = Omit<SpfDisagreement, "peers">;

const KNOWN: readonly Known[] = [
  {
    rows: ["own/3.1 an octet over 127", "rfc7208/non-ascii-policy"],
    why: "takes any octet in a record",
    section: "RFC 7208 section 3.1",
    sentence: "The character content of the record is encoded as [US-ASCII].",
  },
  {
    rows: ["own/3.4 a record of 4,096 octets"],
    why: "has an error for a modifier of more than 250 octets or so",
    section: "RFC 7208 section 3.4",
    sentence:
      "The published SPF record for a given domain name SHOULD remain small enough that the results of a query for it will fit within 512 octets.",
    for: "neither",
  },
  {
    rows: ["own/4.3 a U-label is asked for as an A-label"],
    why: "asks nothing of a domain with U-labels",
    section: "RFC 7208 section 4.3",
    sentence:
      "Internationalized domain names MUST be encoded as A-labels, as described in Section 2.3 of [RFC5890].",
  },
  {
    rows: ["stalwart/basic-1-2"],
    why: "looks up a label of 64 octets, where the table has it",
    section: "RFC 7208 section 4.3",
    sentence:
      'If the <domain> is malformed [...] check_host() immediately returns the result "none".',
  },
  {
    rows: [
      "own/4.6.4 terms that do not ask are not counted",
      "own/7.3 a name that macros make 10 KB long",
      "own/7.3 a label that macros make 10 KB long is dropped",
    ],
    why: "reads 63 terms, and has an error for a long one",
    section: "RFC 7208 section 4.6.4",
    sentence:
      'The other terms -- the "all", "ip4", and "ip6" mechanisms, and the "exp" modifier -- do not cause DNS queries at the time of SPF evaluation (the "exp" modifier only causes a lookup at a later time), and their use is not subject to this limit.',
  },
  {
    rows: [
      "own/4.6.4 terms of includes are counted together",
      "own/4.6.4 eleven includes, one in another",
      "rfc7208/include-over-limit",
      "stalwart/basic-5-4",
    ],
    why: "counts the terms of each record alone",
    section: "RFC 7208 section 4.6.4",
    sentence:
      "SPF implementations MUST limit the total number of those terms to 10 during SPF evaluation, to avoid unreasonable load on the DNS.",
  },
  {
    rows: [
      "own/4.6.4 three void answers",
      "own/4.6.4 void answers of an include",
      "own/4.6.4 names of neither family are",
      "own/4.6.4 void answers for mail exchangers",
      "rfc7208/void-over-limit",
    ],
    why: "counts no void lookups, of which RFC 4408 does not know",
    section: "RFC 7208 section 4.6.4",
    sentence: 'SPF implementations SHOULD limit "void lookups" to two.',
  },
  {
    rows: ["own/4.6.4 eleven MX records, the first of them the client"],
    why: "counts exchangers as it asks for them",
    section: "RFC 7208 section 4.6.4",
    sentence:
      'If this limit is exceeded, the "mx" mechanism MUST produce a "permerror" result.',
  },
  {
    rows: ["own/4.6.4 200 names of the client, the eleventh valid"],
    why: "has an error for more than ten names of the client",
    section: "RFC 7208 section 4.6.4",
    sentence:
      "If this limit is exceeded, all records other than the first 10 MUST be ignored.",
  },
  {
    rows: [
      "own/5 an IPv4-mapped client is IPv4",
      "own/5 an IPv4-mapped client in hexadecimal is IPv4",
      "rfc7208/mx-colon-domain-ip4mapped",
      "rfc7208/ip4-mapped-ip6",
      "stalwart/ip-1-5",
    ],
    why: "holds an IPv4-mapped client for IPv6",
    section: "RFC 7208 section 5",
    sentence:
      'SPF implementations on IPv6 servers need to handle both "AAAA" and "A" records, for clients on IPv4-mapped IPv6 addresses [RFC4291].',
  },
  {
    rows: ["own/5 the zone of a client's address does not count"],
    why: "has an error for an address with a zone",
    section: "RFC 7208 section 4.1",
    sentence:
      "<ip> - the IP address of the SMTP client that is emitting the mail, either IPv4 or IPv6.",
    for: "neither",
  },
  {
    rows: ["pyspf/localhost"],
    why: "lets 127.0.0.1 pass whatever the record says",
    section: "RFC 7208 section 4.6",
    sentence:
      "The check_host() function parses and interprets the SPF record to find a result for the current test.",
  },
  {
    rows: [
      "own/5 an IPv4-mapped network has no IPv4 client",
      "own/5 an IPv4 network has no IPv6 client",
      "rfc7208/a-cidr4-0",
      "rfc7208/a-cidr4-0-ip6",
      "rfc7208/a-cidr6-0-ip4",
      "rfc7208/a-cidr6-0-ip4mapped",
      "rfc7208/a-cidr6-0-ip6",
      "rfc7208/a-cidr6-0-nxdomain",
      "rfc7208/mx-cidr4-0",
      "rfc7208/mx-cidr6-0-ip4",
      "rfc7208/mx-cidr6-0-ip6",
      "rfc7208/mx-cidr6-0-nxdomain",
      "rfc7208/cidr6-0-ip4",
      "own/5.3 a number of bits with a leading zero",
      "rfc7208/cidr4-032",
    ],
    why: "has an error for a prefix length of 0, and takes one like 032",
    section: "RFC 7208 section 5.6",
    sentence:
      'ip4-cidr-length = "/" ("0" / %x31-39 0*1DIGIT) ; value range 0-32',
  },
  {
    rows: ["own/5.2 include of a record with an error"],
    why:
      "takes an include of a record with an error for one that does not match",
    section: "RFC 7208 section 5.2",
    sentence: "| permerror | return permerror |",
  },
  {
    rows: [
      "own/5.5 DNS does not answer for PTR",
      "own/5.5 DNS does not answer for the first name",
    ],
    why: "ends with temperror",
    section: "RFC 7208 section 5.5",
    sentence:
      "If a DNS error occurs while doing the PTR RR lookup, then this mechanism fails to match. If a DNS error occurs while doing an A RR lookup, then that domain name is skipped and the search continues.",
  },
  {
    rows: ["rfc7208/exists-cidr"],
    why: "takes a slash and what follows it for a part of the name",
    section: "RFC 7208 section 5.7",
    sentence: 'exists = "exists" ":" domain-spec',
  },
  {
    rows: [
      "rfc7208/modifier-charset-good",
      "own/6 an unknown modifier",
      "rfc7208/redirect-after-mechanisms2",
    ],
    why: "does not know every character that the name of a modifier may have",
    section: "RFC 7208 section 4.6.1",
    sentence: 'name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )',
  },
  {
    rows: ["rfc7208/redirect-is-modifier"],
    why: "follows `redirect:` as it does `redirect=`",
    section: "RFC 7208 section 6",
    sentence: 'Modifiers always have an "=" separating the name and the value.',
  },
  {
    rows: ["rfc7208/exp-twice", "rfc7208/redirect-twice"],
    why: "lets exp and redirect stand twice",
    section: "RFC 7208 section 6",
    sentence:
      'These two modifiers MUST NOT appear in a record more than once each. If they do, then check_host() exits with a result of "permerror".',
  },
  {
    rows: ["own/6.1 redirect wherever it stands comes last"],
    why: "follows redirect before the mechanisms that stand behind it",
    section: "RFC 7208 section 6.1",
    sentence:
      'If all mechanisms fail to match, and a "redirect" modifier is present, then processing proceeds as follows:',
  },
  {
    rows: [
      "rfc7208/redirect-cancels-prior-exp",
      "rfc7208/dorky-sentinel",
      "rfc7208/trailing-dot-exp",
      "rfc7208/exp-txt-macro-char",
      "rfc7208/v-macro-ip4",
      "rfc7208/v-macro-ip6",
      "rfc7208/p-macro-ip4-novalid",
      "rfc7208/p-macro-ip4-valid",
    ],
    why:
      "writes a percent sign for each space of an explanation, and expands no macro behind the first",
    section: "RFC 7208 section 7.1",
    sentence: "explain-string = *( macro-string / SP )",
  },
  {
    rows: [
      "rfc7208/exp-multiple-txt",
      "rfc7208/two-exp-records",
      "rfc7208/explanation-syntax-error",
      "rfc7208/non-ascii-exp",
    ],
    why: "gives the first explanation of several, or one that is none",
    section: "RFC 7208 section 6.2",
    sentence:
      'if more than one record is returned, or if there are syntax errors in the explanation string, then proceed as if no "exp" modifier was given.',
  },
  {
    rows: [
      "rfc7208/control-char-policy",
      "rfc7208/a-null",
      "rfc7208/mx-null",
    ],
    why: "takes control characters, or ends the record at a NUL",
    section: "RFC 7208 section 7.1",
    sentence:
      'macro-literal = %x21-24 / %x26-7E ; visible characters except "%"',
  },
  {
    rows: [
      "own/7.1 a percent sign begins no macro at the end",
      "own/7.1 a top label of digits",
      "own/7.1 a top label that ends in a hyphen",
      "own/7.1 a top label with a slash",
      "rfc7208/invalid-domain",
      "rfc7208/ptr-empty-domain",
      "rfc7208/a-numeric",
      "rfc7208/a-empty-domain",
      "rfc7208/mx-numeric-top-label",
      "rfc7208/exp-empty-domain",
    ],
    why: "lets a target end in anything, and be empty",
    section: "RFC 7208 section 7.1",
    sentence: 'domain-end = ( "." toplabel [ "." ] ) / macro-expand',
  },
  {
    rows: ["rfc7208/unknown-modifier-syntax", "rfc7208/invalid-macro-char"],
    why: "lets a percent sign stand for itself",
    section: "RFC 7208 section 7.3",
    sentence:
      "A '%' character not followed by a '{', '%', '-', or '_' character is a syntax error.",
  },
  {
    rows: ["rfc7208/exp-only-macro-char"],
    why: "lets c, r and t stand in any term",
    section: "RFC 7208 section 7.2",
    sentence: 'The following macro letters are allowed only in "exp" text:',
  },
  {
    rows: ["own/7.3 more parts than there are"],
    why: "does not take all parts where there are not more than are asked for",
    section: "RFC 7208 section 7.3",
    sentence:
      "if the value specifies more parts than are available, all the available parts are used.",
  },
  {
    rows: ["own/7.3 an unknown HELO"],
    why: "expands an unknown HELO to nothing",
    section: "RFC 7208 section 7.2",
    sentence: "h = HELO/EHLO domain",
    for: "neither",
  },
  {
    rows: [
      "own/7.3 p: a name of the domain before any other",
      "own/4.6.4 200 names of the client for the macro p",
    ],
    why: "takes the first name of the client, or none",
    section: "RFC 7208 section 7.3",
    sentence:
      'Otherwise, if a subdomain of the <domain> is present, it SHOULD be used. Otherwise, any name from the list can be used. If there are no validated domain names or if a DNS error occurs, the string "unknown" is used.',
  },
  {
    rows: ["own/7.3 labels on the left are dropped of a name over 253 octets"],
    why: "drops no labels",
    section: "RFC 7208 section 7.3",
    sentence:
      "the left side is truncated to fit, by removing successive domain labels (and their following dots) until the total length does not exceed 253 characters.",
  },
];

/** All of them. */
export const LIBSPF2_DISAGREEMENTS: readonly SpfDisagreement[] = KNOWN.map(
  (one) => ({ peers: ["libspf2"], ...one }),
);
