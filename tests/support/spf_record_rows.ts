// SPF rows: identities, and which record is read (RFC 7208 sections 2.4 to 4.7).

import { exists, type SpfTableRow } from "./spf_rows.ts";

const A = "192.0.2.1";
const LONG = "x".repeat(60);

export const RECORD_ROWS: Record<string, SpfTableRow> = {
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
  "4.6 an error behind the term that matches": {
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
};
