// SPF rows: what a sender can make it ask, and where it ends: RFC 7208 section 4.6.4, each row with
// the count of its questions.

import type { Zone, ZoneRecords } from "../../scripts/host/zone.ts";
import type { SpfTableRow } from "./spf_rows.ts";

const A = "192.0.2.1";
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
/** Hosts h0 to h(count - 1) below a domain, without the client's address. */
const hosts = (count: number, domain: string): Zone =>
  Object.fromEntries(
    numbers(count).map((n) => [`h${n}.${domain}`, { A: ["198.51.100.1"] }]),
  );
const exchangers = (count: number): ZoneRecords["MX"] =>
  numbers(count).map((n) => [n, `h${n}.example.com`]);
const terms = (count: number) =>
  numbers(count).map((n) => `a:h${n}.example.org`).join(" ");
const REVERSE = "1.2.0.192.in-addr.arpa";
const names = (count: number) => numbers(count).map((n) => `h${n}.example.com`);
const chain = (count: number): Zone =>
  Object.fromEntries(
    numbers(count + 1).map((n) => [
      n === 0 ? "example.com" : `i${n}.example.com`,
      [
        n === count
          ? "v=spf1 +all"
          : `v=spf1 include:i${n + 1}.example.com -all`,
      ],
    ]),
  );

export const LIMIT_ROWS: Record<string, SpfTableRow> = {
  "4.6.4 ten terms that ask": {
    zone: {
      "example.com": [`v=spf1 ${terms(10)} -all`],
      ...hosts(10, "example.org"),
    },
    result: "fail",
    asked: 11,
  },
  "4.6.4 eleven terms that ask": {
    zone: {
      "example.com": [`v=spf1 ${terms(11)} -all`],
      ...hosts(11, "example.org"),
    },
    result: "permerror",
    term: "a:h10.example.org",
    asked: 11,
  },
  "4.6.4 a match among the first ten": {
    zone: {
      "example.com": [`v=spf1 a:example.org ${terms(20)} -all`],
      "example.org": { A: [A] },
    },
    result: "pass",
    asked: 2,
  },
  "4.6.4 terms that do not ask are not counted": {
    zone: `v=spf1 ${"ip4:198.51.100.1 ".repeat(100)}${
      "ip6:::1 ".repeat(100)
    }-all`,
    result: "fail",
    asked: 1,
  },
  "4.6.4 terms of includes are counted together": {
    zone: {
      "example.com": [
        "v=spf1 include:i.example.com include:i.example.com +all",
      ],
      "i.example.com": [`v=spf1 ${terms(5)} -all`],
      ...hosts(5, "example.org"),
    },
    result: "permerror",
    asked: 7,
  },
  "4.6.4 ten includes, one in another": {
    zone: chain(10),
    result: "pass",
    asked: 11,
  },
  "4.6.4 eleven includes, one in another": {
    zone: chain(11),
    result: "permerror",
    term: "include:i1.example.com",
    asked: 11,
  },
  "4.6.4 a record that includes itself": {
    zone: "v=spf1 include:example.com -all",
    result: "permerror",
    asked: 1,
  },
  "4.6.4 two records that include each other twice": {
    zone: {
      "example.com": ["v=spf1 include:example.org include:example.org -all"],
      "example.org": ["v=spf1 include:example.com include:example.com -all"],
    },
    result: "permerror",
    asked: 2,
  },
  "4.6.4 a ring of redirects": {
    zone: {
      "example.com": ["v=spf1 redirect=example.org"],
      "example.org": ["v=spf1 redirect=example.net"],
      "example.net": ["v=spf1 redirect=example.com"],
    },
    result: "permerror",
    asked: 3,
  },
  "4.6.4 redirects to ever new names": {
    zone: Object.fromEntries(
      numbers(40).map((n) => [
        n === 0 ? "example.com" : `${"x.".repeat(n)}example.com`,
        ["v=spf1 redirect=x.%{d}"],
      ]),
    ),
    result: "permerror",
    asked: 11,
  },
  "4.6.4 two void answers": {
    zone: "v=spf1 a:x.example.org a:y.example.org -all",
    result: "fail",
    voids: 2,
    asked: 3,
  },
  "4.6.4 three void answers": {
    zone: "v=spf1 a:x.example.org a:y.example.org a:z.example.org +all",
    result: "permerror",
    term: "a:z.example.org",
    asked: 4,
  },
  "4.6.4 void answers of an include": {
    zone: {
      "example.com": ["v=spf1 include:example.org a:z.example.org +all"],
      "example.org": ["v=spf1 a:x.example.org exists:y.example.org -all"],
    },
    result: "permerror",
    asked: 5,
  },
  "4.6.4 names of the other family are no void answers": {
    zone: {
      "example.com": [`v=spf1 ${terms(4)} -all`],
      ...Object.fromEntries(
        numbers(4).map((n) => [`h${n}.example.org`, { AAAA: ["2001:db8::1"] }]),
      ),
    },
    result: "fail",
    voids: 0,
    asked: 9,
  },
  "4.6.4 names of neither family are": {
    zone: {
      "example.com": [`v=spf1 ${terms(3)} -all`],
      ...Object.fromEntries(
        numbers(3).map((n) => [`h${n}.example.org`, { TXT: ["x"] }]),
      ),
    },
    result: "permerror",
    asked: 7,
  },
  "4.6.4 a name that is not there is not asked for twice": {
    zone: "v=spf1 a:x.example.org -all",
    ip: "2001:db8::1",
    result: "fail",
    voids: 1,
    asked: ["TXT example.com", "AAAA x.example.org"],
  },
  "4.6.4 void answers for mail exchangers": {
    zone: { "example.com": { TXT: ["v=spf1 mx -all"], MX: exchangers(10)! } },
    result: "permerror",
    asked: 5,
  },
  "4.6.4 ten MX records": {
    zone: {
      "example.com": { TXT: ["v=spf1 mx -all"], MX: exchangers(10)! },
      ...hosts(10, "example.com"),
    },
    result: "fail",
    asked: 12,
  },
  "4.6.4 eleven MX records, the first of them the client": {
    zone: {
      "example.com": { TXT: ["v=spf1 mx -all"], MX: exchangers(11)! },
      "h0.example.com": { A: [A] },
    },
    result: "permerror",
    asked: 2,
  },
  "4.6.4 200 MX records": {
    zone: {
      "example.com": { TXT: ["v=spf1 mx -all"], MX: exchangers(200)! },
      ...hosts(200, "example.com"),
    },
    result: "permerror",
    asked: 2,
  },
  "4.6.4 the most that can be asked": {
    zone: {
      "example.com": {
        TXT: [`v=spf1 ${"mx:%{d} ".repeat(9)}mx -all`],
        MX: exchangers(10)!,
      },
      ...hosts(10, "example.com"),
    },
    result: "fail",
    asked: 12,
  },
  "4.6.4 200 names of the client, the tenth valid": {
    zone: {
      "example.com": ["v=spf1 ptr -all"],
      [REVERSE]: { PTR: names(200) },
      "h9.example.com": { A: [A] },
    },
    result: "pass",
    asked: 12,
  },
  "4.6.4 200 names of the client, the eleventh valid": {
    zone: {
      "example.com": ["v=spf1 ptr -all"],
      [REVERSE]: { PTR: names(200) },
      "h10.example.com": { A: [A] },
    },
    result: "fail",
    asked: 12,
  },
  "5.5 a client cannot make an error of a fail": {
    zone: { "example.com": ["v=spf1 ptr -all"], [REVERSE]: { PTR: names(10) } },
    result: "fail",
    voids: 0,
  },
  "5.5 a client without a name": {
    zone: "v=spf1 ptr -all",
    result: "fail",
    voids: 1,
  },
  "4.6.4 200 names of the client for the macro p": {
    zone: {
      "example.com": ["v=spf1 exists:%{p}.%{p1}.%{pr}.example.org -all"],
      [REVERSE]: { PTR: names(200) },
      "unknown.unknown.unknown.example.org": { A: [A] },
    },
    result: "pass",
    asked: 13,
  },
  "4.6.4 exp is not counted": {
    zone: {
      "example.com": [`v=spf1 ${terms(10)} exp=why.example.com -all`],
      "why.example.com": ["No."],
      ...hosts(10, "example.org"),
    },
    explain: true,
    result: "fail",
    explanation: "No.",
    asked: 12,
  },
  "3.4 a record of 4,096 octets": {
    zone: `v=spf1 x=${"y".repeat(4096 - 14)} -all`,
    result: "fail",
  },
  "3.4 a record of 4,097 octets": {
    zone: `v=spf1 x=${"y".repeat(4096 - 13)} -all`,
    result: "permerror",
  },
  "7.3 a name that macros make 10 KB long": {
    zone: {
      "example.com": [`v=spf1 exists:${"%{s}.".repeat(500)}example.org -all`],
      [`com.${"alice@example.com.".repeat(13)}example.org`]: { A: [A] },
    },
    result: "pass",
    asked: 2,
  },
  "7.3 a label that macros make 10 KB long is dropped": {
    zone: `v=spf1 exists:${"%{l}".repeat(1000)}.example.org -all`,
    mailFrom: `${"x".repeat(1000)}@example.com`,
    result: "fail",
    asked: ["TXT example.com", "A example.org"],
  },
  "7.3 a local part of a megabyte": {
    zone: `v=spf1 ${"exists:%{l1r-}.%{l2}.%{L}.example.org ".repeat(2)}-all`,
    mailFrom: `${"x-".repeat(1 << 19)}@example.com`,
    result: "fail",
    asked: 2,
  },
  "6.2 an explanation that macros make 10 KB long": {
    zone: {
      "example.com": ["v=spf1 exp=why.example.com -all"],
      "why.example.com": ["%{d} ".repeat(800)],
    },
    explain: true,
    result: "fail",
    explanation: "example.com ".repeat(800),
  },
};
