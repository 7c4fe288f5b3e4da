// SPF records, clients, and what is to be found of them: identities, records, mechanisms.
// Each by the section of RFC 7208 that says so. Knows no evaluator.

import type { SpfResult } from "../../lib/spf/finding.ts";
import type { Zone } from "../../scripts/host/zone.ts";

/** One client, and what is to be found. */
export interface SpfTableRow {
  /** A text is the record of example.com. */
  zone: Zone | string;
  result: SpfResult;
  ip?: string;
  mailFrom?: string;
  helo?: string;
  localRules?: string;
  explain?: boolean;
  defaultExplanation?: string;
  receiver?: string;
  term?: string | undefined;
  explanation?: string | undefined;
  localRule?: string | undefined;
  voids?: number;
  /** Questions: all of them, or how many. */
  asked?: string[] | number;
}

const A = "192.0.2.1";
const V6 = "2001:db8::1";
/** A record whose `exists` is true of one name alone. */
export const exists = (spec: string, name: string): Zone => ({
  "example.com": [`v=spf1 exists:${spec} -all`],
  [name]: { A: ["127.0.0.2"] },
});
const LONG = "x".repeat(60);

/** By what they show. */
export const SPF_ROWS: Record<string, SpfTableRow> = {
  "2.4 the null sender is postmaster at HELO": {
    zone: { "mail.example.com": ["v=spf1 ip4:192.0.2.1 -all"] },
    mailFrom: "",
    result: "pass",
    asked: ["TXT mail.example.com"],
  },
  "2.4 the null sender without HELO": {
    zone: {},
    mailFrom: "",
    helo: "",
    result: "none",
    asked: 0,
  },
  "2.4 HELO counts for nobody else": {
    zone: {
      "mail.example.com": ["v=spf1 -all"],
      "example.com": ["v=spf1 +all"],
    },
    result: "pass",
    asked: 1,
  },
  "4.3 a sender without a domain": {
    zone: "v=spf1 -all",
    mailFrom: "alice",
    result: "none",
    asked: 0,
  },
  "4.3 an address literal": {
    zone: {},
    mailFrom: "alice@[192.0.2.1]",
    result: "none",
    asked: 0,
  },
  "4.3 an IPv6 literal": {
    zone: {},
    mailFrom: "alice@[IPv6:2001:db8::1]",
    result: "none",
    asked: 0,
  },
  "4.3 one label": {
    zone: {},
    mailFrom: "a@localhost",
    result: "none",
    asked: 0,
  },
  "4.3 an empty label": {
    zone: {},
    mailFrom: "a@example..com",
    result: "none",
    asked: 0,
  },
  "4.3 a label of 64 octets": {
    zone: {},
    mailFrom: `a@${"x".repeat(64)}.example`,
    result: "none",
    asked: 0,
  },
  "4.3 a name of 254 octets": {
    zone: {},
    mailFrom: `a@${Array(4).fill(LONG).join(".")}.example.org`,
    result: "none",
    asked: 0,
  },
  "4.3 the root's dot is no empty label": {
    zone: "v=spf1 -all",
    mailFrom: "a@example.com.",
    result: "fail",
    asked: ["TXT example.com"],
  },
  "4.3 a U-label is asked for as an A-label": {
    zone: { "xn--mnchen-3ya.example": ["v=spf1 -all"] },
    mailFrom: "a@münchen.example",
    result: "fail",
    asked: ["TXT xn--mnchen-3ya.example"],
  },
  "4.3 the last @ counts": {
    zone: "v=spf1 -all",
    mailFrom: "a@b@example.com",
    result: "fail",
  },
  "4.3 no local part is postmaster": {
    zone: exists("%{l}.users.example.org", "postmaster.users.example.org"),
    mailFrom: "@example.com",
    result: "pass",
  },
  "4.4 no such name": { zone: {}, result: "none" },
  "4.4 no TXT record": {
    zone: { "example.com": { A: [A] } },
    result: "none",
    voids: 0,
  },
  "4.4 DNS does not answer": {
    zone: { "example.com": { error: "servfail" } },
    result: "temperror",
  },
  "4.5 two records": {
    zone: { "example.com": ["v=spf1 -all", "v=spf1 -all"] },
    result: "permerror",
  },
  "4.5 records of something else beside": {
    zone: {
      "example.com": [
        "v=spf10 +all",
        "spf",
        "v=spf1 -all",
        "v=spf2.0/pra +all",
      ],
    },
    result: "fail",
  },
  "4.5 in capitals": {
    zone: "V=SPF1 IP4:192.0.2.1 -ALL",
    result: "pass",
    term: "IP4:192.0.2.1",
  },
  "4.5 a tab after the version": { zone: "v=spf1\t-all", result: "none" },
  "4.5 white space before the version": {
    zone: " v=spf1 -all",
    result: "none",
  },
  "3.1 an octet over 127": { zone: "v=spf1 x=\xe9 -all", result: "permerror" },
  "3.3 the strings of a record are joined without a space": {
    zone: `v=spf1 ${"ip4:198.51.100.1 ".repeat(20)}-all`,
    result: "fail",
    term: "-all",
  },
  "4.6 an error after the term that matches": {
    zone: "v=spf1 ip4:192.0.2.1 ip4:1.2.3 -all",
    result: "permerror",
    asked: 1,
  },
  "4.6 an unknown mechanism": { zone: "v=spf1 foo -all", result: "permerror" },
  "4.6 a qualifier twice": { zone: "v=spf1 --all", result: "permerror" },
  "4.6 a tab between terms": { zone: "v=spf1 a\t-all", result: "permerror" },
  "4.7 no term matches": {
    zone: "v=spf1 ip4:198.51.100.1",
    result: "neutral",
    term: undefined,
  },
  "5 an IPv4-mapped client is IPv4": {
    zone: "v=spf1 ip4:192.0.2.0/24 -all",
    ip: "::ffff:192.0.2.9",
    result: "pass",
  },
  "5 an IPv4-mapped client in hexadecimal is IPv4": {
    zone: "v=spf1 ip4:192.0.2.0/24 -all",
    ip: "::FFFF:C000:0209",
    result: "pass",
  },
  "5 an IPv4-mapped network has no IPv4 client": {
    zone: "v=spf1 ip6:::ffff:192.0.2.1 ip6:::/0 -all",
    result: "fail",
  },
  "5 an IPv4 network has no IPv6 client": {
    zone: "v=spf1 ip4:0.0.0.0/0 -all",
    ip: V6,
    result: "fail",
  },
  "5 the zone of a client's address does not count": {
    zone: "v=spf1 ip6:fe80::/10 -all",
    ip: "fe80::1%eth0",
    result: "pass",
  },
  "5.1 redirect beside all does not count": {
    zone: "v=spf1 ?all redirect=example.org",
    result: "neutral",
    asked: 1,
  },
  "5.2 include of a name without record": {
    zone: "v=spf1 include:example.org -all",
    result: "permerror",
    term: "include:example.org",
  },
  "5.2 include of what is no domain name": {
    zone: `v=spf1 include:${"x".repeat(64)}.example.org -all`,
    result: "permerror",
    asked: 1,
  },
  "5.2 include of a record with an error": {
    zone: {
      "example.com": ["v=spf1 include:example.org +all"],
      "example.org": ["v=spf1 a:"],
    },
    result: "permerror",
  },
  "5.2 include of a record that DNS does not tell": {
    zone: {
      "example.com": ["v=spf1 include:example.org +all"],
      "example.org": { error: "timeout" },
    },
    result: "temperror",
    term: "include:example.org",
  },
  "5.2 a fail of an include is no match": {
    zone: {
      "example.com": ["v=spf1 include:example.org ~all"],
      "example.org": ["v=spf1 -all"],
    },
    result: "softfail",
    term: "~all",
  },
  "5.2 a pass of an include is its qualifier's result": {
    zone: {
      "example.com": ["v=spf1 -include:example.org +all"],
      "example.org": ["v=spf1 +all"],
    },
    result: "fail",
    term: "-include:example.org",
  },
  "5.3 the first 25 bits": {
    zone: { "example.com": { TXT: ["v=spf1 a/25 -all"], A: ["192.0.2.127"] } },
    result: "pass",
  },
  "5.3 not the first 25 bits": {
    zone: { "example.com": { TXT: ["v=spf1 a/25 -all"], A: ["192.0.2.128"] } },
    result: "fail",
  },
  "5.3 AAAA for an IPv6 client, by another spelling": {
    zone: {
      "example.com": {
        TXT: ["v=spf1 a//127 -all"],
        AAAA: ["2001:0DB8:0:0::0"],
        A: [A],
      },
    },
    ip: V6,
    result: "pass",
    asked: ["TXT example.com", "AAAA example.com"],
  },
  "5.3 a number of bits with a leading zero": {
    zone: "v=spf1 a/024 -all",
    result: "permerror",
  },
  "5.3 a name that is too long does not match": {
    zone: `v=spf1 a:${"x".repeat(64)}.example.org -all`,
    result: "fail",
    voids: 0,
  },
  "5.3 DNS does not answer for a": {
    zone: {
      "example.com": ["v=spf1 a:example.org +all"],
      "example.org": { error: "timeout" },
    },
    result: "temperror",
    term: "a:example.org",
  },
  "5.4 the null MX": {
    zone: { "example.com": { TXT: ["v=spf1 mx -all"], MX: [[0, ""]] } },
    result: "fail",
    voids: 0,
  },
  "5.4 the least preference is asked first": {
    zone: {
      "example.com": {
        TXT: ["v=spf1 mx -all"],
        MX: [[20, "b.example.com"], [10, "a.example.com"]],
      },
      "a.example.com": { A: [A] },
    },
    result: "pass",
    asked: ["TXT example.com", "MX example.com", "A a.example.com"],
  },
  "5.5 names outside the domain are not asked for": {
    zone: {
      "example.com": ["v=spf1 ptr -all"],
      "1.2.0.192.in-addr.arpa": { PTR: ["a.example.org", "a.notexample.com"] },
    },
    result: "fail",
    asked: ["TXT example.com", "PTR 1.2.0.192.in-addr.arpa"],
  },
  "5.5 a name without the client's address": {
    zone: {
      "example.com": ["v=spf1 ptr -all"],
      "1.2.0.192.in-addr.arpa": { PTR: ["a.example.com"] },
      "a.example.com": { A: ["198.51.100.1"] },
    },
    result: "fail",
  },
  "5.5 DNS does not answer for PTR": {
    zone: {
      "example.com": ["v=spf1 ptr -all"],
      "1.2.0.192.in-addr.arpa": { error: "timeout" },
    },
    result: "fail",
  },
  "5.5 DNS does not answer for the first name": {
    zone: {
      "example.com": ["v=spf1 ptr -all"],
      "1.2.0.192.in-addr.arpa": { PTR: ["a.example.com", "b.example.com"] },
      "a.example.com": { error: "timeout" },
      "b.example.com": { A: [A] },
    },
    result: "pass",
  },
  "5.7 exists asks for A for an IPv6 client": {
    zone: exists("%{d}.example.org", "example.com.example.org"),
    ip: V6,
    result: "pass",
    asked: ["TXT example.com", "A example.com.example.org"],
  },
};
