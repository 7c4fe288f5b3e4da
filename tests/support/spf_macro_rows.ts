// SPF rows: modifiers, explanations, macros (RFC 7208 sections 6 and 7).

import { exists, type SpfTableRow } from "./spf_rows.ts";

const A = "192.0.2.1";
const V6 = "2001:db8::1";
const LONG = "x".repeat(60);
const explained = (
  text: string,
  record = "v=spf1 exp=why.example.com -all",
) => ({
  "example.com": [record],
  "why.example.com": [text],
});

export const MACRO_ROWS: Record<string, SpfTableRow> = {
  "6 an unknown modifier": { zone: "v=spf1 x-y.z=%{c}/a -all", result: "fail" },
  "6 an unknown modifier with a macro that there is not": {
    zone: "v=spf1 x=%{z} -all",
    result: "permerror",
  },
  "6.1 redirect to a name without record": {
    zone: "v=spf1 redirect=example.org",
    result: "permerror",
    term: "redirect=example.org",
  },
  "6.1 redirect wherever it stands comes last": {
    zone: { "example.com": ["v=spf1 redirect=example.org ip4:192.0.2.1"] },
    result: "pass",
  },
  "6.1 the macro d is the redirect's target": {
    zone: {
      "example.com": ["v=spf1 redirect=example.org"],
      "example.org": ["v=spf1 exists:%{o}.%{d} -all"],
      "example.com.example.org": { A: [A] },
    },
    result: "pass",
  },
  "6.2 exp is asked for on fail alone": {
    zone: explained("No.", "v=spf1 exp=why.example.com ~all"),
    explain: true,
    result: "softfail",
    explanation: undefined,
    asked: 1,
  },
  "6.2 exp is asked for when somebody will be told": {
    zone: explained("No."),
    result: "fail",
    explanation: undefined,
    asked: 1,
  },
  "6.2 c, r and t": {
    zone: explained("%{c} %{r} %{t}"),
    explain: true,
    receiver: "mx.example.net",
    result: "fail",
    explanation: "192.0.2.1 mx.example.net 1000000000",
  },
  "6.2 an explanation that is ASCII no more": {
    zone: explained("%{l} may not"),
    mailFrom: "josé@example.com",
    explain: true,
    defaultExplanation: "Refused for %{d}",
    result: "fail",
    explanation: "Refused for example.com",
  },
  "6.2 an explanation with a line end": {
    zone: explained("No\r\n250 ok"),
    explain: true,
    result: "fail",
    explanation: undefined,
  },
  "6.2 exp of an include does not count": {
    zone: {
      ...explained("No.", "v=spf1 include:example.org -all"),
      "example.org": ["v=spf1 exp=why.example.com -all"],
    },
    explain: true,
    result: "fail",
    explanation: undefined,
  },
  "7.1 a percent sign begins no macro at the end": {
    zone: "v=spf1 a:example.org%%{d} -all",
    result: "permerror",
  },
  "7.1 a name may end in a percent sign": {
    zone: "v=spf1 a:example.org%% -all",
    result: "fail",
  },
  "7.1 a top label of digits and hyphens": {
    zone: "v=spf1 a:example.1-2 -all",
    result: "fail",
  },
  "7.1 a top label of digits": {
    zone: "v=spf1 a:example.12 -all",
    result: "permerror",
  },
  "7.1 a top label that ends in a hyphen": {
    zone: "v=spf1 a:example.org- -all",
    result: "permerror",
  },
  "7.1 a top label with a slash": {
    zone: "v=spf1 a:example.org/x -all",
    result: "permerror",
  },
  "7.3 an IPv6 client in half octets": {
    zone: exists(
      "%{ir}.%{v}.example.org",
      `1.${"0.".repeat(23)}8.b.d.0.1.0.0.2.ip6.example.org`,
    ),
    ip: V6,
    result: "pass",
  },
  "7.3 parts, turned round, by several delimiters": {
    zone: exists("%{l2r+-}.example.org", "b.a.example.org"),
    mailFrom: "a-b+c@example.com",
    result: "pass",
  },
  "7.3 more parts than there are": {
    zone: exists("%{d9}.example.org", "example.com.example.org"),
    result: "pass",
  },
  "7.3 no parts": {
    zone: "v=spf1 exists:%{d0}.example.org -all",
    result: "permerror",
  },
  "7.3 an unknown HELO": {
    zone: exists("%{h}.example.org", "unknown.example.org"),
    helo: "",
    result: "pass",
  },
  "7.3 p: a name of the domain before any other": {
    zone: {
      ...exists("%{p}.example.org", "b.example.com.example.org"),
      "1.2.0.192.in-addr.arpa": { PTR: ["a.example.net", "b.example.com"] },
      "a.example.net": { A: [A] },
      "b.example.com": { A: [A] },
    },
    result: "pass",
  },
  "7.3 p: nothing is valid": {
    zone: {
      ...exists("%{p}.example.org", "unknown.example.org"),
      "1.2.0.192.in-addr.arpa": { PTR: ["a.example.net"] },
    },
    result: "pass",
    voids: 0,
  },
  "7.3 labels on the left are dropped of a name over 253 octets": {
    zone: exists(
      `${LONG}.${LONG}.${LONG}.${LONG}.%{d}.org`,
      `${LONG}.${LONG}.${LONG}.example.com.org`,
    ),
    result: "pass",
  },
  "7.2 c, r and t are for explanations": {
    zone: "v=spf1 exists:%{t}.example.org -all",
    result: "permerror",
  },
};
