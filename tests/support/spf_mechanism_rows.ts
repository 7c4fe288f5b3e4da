// SPF rows: clients held against mechanisms (RFC 7208 section 5).

import { exists, type SpfTableRow } from "./spf_rows.ts";

const A = "192.0.2.1";
const V6 = "2001:db8::1";

export const MECHANISM_ROWS: Record<string, SpfTableRow> = {
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
