// `checkSpf()`: the rules of a site, and what is found where they match.

import { testSpfRows } from "../support/spf_rows.ts";

const A = ["198.51.100.1"];
const HOSTS = Array.from({ length: 10 }, (_, n) => `h${n}.example.org`);

testSpfRows({
  "site: a rule before fail": {
    zone: "v=spf1 -all",
    localRules: "ip4:198.51.100.1 ip4:192.0.2.0/24",
    result: "fail",
    localRule: "ip4:192.0.2.0/24",
    term: "-all",
  },
  "site: a rule where there is no record": {
    zone: {},
    localRules: "ip4:192.0.2.1",
    result: "none",
    localRule: "ip4:192.0.2.1",
  },
  "site: a rule where there is no domain": {
    zone: {},
    mailFrom: "",
    helo: "",
    localRules: "a mx ptr ip4:192.0.2.1",
    result: "none",
    localRule: "ip4:192.0.2.1",
  },
  "site: no rule before pass": {
    zone: "v=spf1 +all",
    localRules: "ip4:192.0.2.1",
    result: "pass",
    localRule: undefined,
  },
  "site: no rule before an error": {
    zone: "v=spf1 a: -all",
    localRules: "ip4:192.0.2.1",
    result: "permerror",
    localRule: undefined,
  },
  "site: a rule that excludes": {
    zone: "v=spf1 ~all",
    localRules: "-ip4:192.0.2.1 +all",
    result: "softfail",
    localRule: undefined,
  },
  "site: a rule that DNS does not tell": {
    zone: {
      "example.com": ["v=spf1 ~all"],
      "list.example.net": { error: "timeout" },
    },
    localRules: "include:list.example.net +all",
    result: "softfail",
    localRule: undefined,
  },
  "site: rules have limits of their own": {
    zone: {
      "example.com": [`v=spf1 a:${HOSTS.join(" a:")} -all`],
      ...Object.fromEntries(HOSTS.map((name) => [name, { A }])),
      "list.example.net": ["v=spf1 ip4:192.0.2.1"],
    },
    localRules: "include:list.example.net",
    result: "fail",
    localRule: "include:list.example.net",
    asked: 12,
  },
  "site: what a rule lets pass is not explained": {
    zone: "v=spf1 exp=why.example.com -all",
    localRules: "ip4:192.0.2.1",
    explain: true,
    defaultExplanation: "No.",
    result: "fail",
    explanation: undefined,
    asked: 1,
  },
});
