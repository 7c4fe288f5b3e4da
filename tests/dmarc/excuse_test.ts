// Which ARC chain excuses a failure, and what is said then.

import { assertEquals } from "@std/assert";
import { type ArcWitness, findExcuse } from "../../lib/dmarc/excuse.ts";
import { testRows } from "../support/dmarc_rows.ts";

const TRUSTED = ["example.org", "lists.example.net"];

/** What it shows; each set's sealer and the domain it passed; who excuses it. */
const ROWS: [string, [string, string?][], string | undefined][] = [
  ["no chain", [], undefined],
  ["one set", [["example.org", "a.example"]], "example.org"],
  [
    "a sealer below a trusted domain",
    [["x.example.org", "a.example"]],
    "x.example.org",
  ],
  [
    "a sealer above a trusted domain",
    [["example.net", "a.example"]],
    undefined,
  ],
  ["a sealer who ends alike", [["notexample.org", "a.example"]], undefined],
  ["any case", [["EXAMPLE.org", "A.Example"]], "EXAMPLE.org"],
  ["another author", [["example.org", "b.example"]], undefined],
  ["a domain below the author's", [["example.org", "x.a.example"]], undefined],
  ["no pass", [["example.org"]], undefined],
  ["a pass of the first alone", [["example.org", "a.example"], [
    "lists.example.net",
  ]], "example.org"],
  ["a pass of the second alone", [["unknown.example"], [
    "example.org",
    "a.example",
  ]], "example.org"],
  ["a pass of one who is not trusted", [["unknown.example", "a.example"], [
    "example.org",
  ]], undefined],
  ["a later sealer who is not trusted", [["example.org", "a.example"], [
    "unknown.example",
  ]], undefined],
  ["one between who is not trusted", [["example.org", "a.example"], [
    "unknown.example",
  ], ["example.org"]], undefined],
  ["the newest of two", [["example.org", "a.example"], [
    "lists.example.net",
    "a.example",
  ]], "lists.example.net"],
];

for (const [shows, sets, excuse] of ROWS) {
  Deno.test(`\`findExcuse()\`: ${shows}`, () => {
    const witnesses = sets.map(([sealer, domain]): ArcWitness => ({
      sealer,
      passed: domain === undefined ? [] : ["other.example", domain],
    }));
    assertEquals(findExcuse(witnesses, TRUSTED, "a.example"), excuse);
    assertEquals(findExcuse(witnesses, [], "a.example"), undefined);
  });
}

testRows([
  {
    shows: "5.3.6: excused by a trusted ARC chain",
    from: "example.com",
    dmarc: { "example.com": "p=reject" },
    excuse: "lists.example.org",
    says: "fail none",
    comment: "p=reject, arc=pass lists.example.org",
  },
  {
    shows: "5.3.6: an excuse needs no question for np=",
    from: "ghost.example.com",
    dmarc: { "example.com": "p=none; sp=quarantine; np=reject" },
    exists: "temporary",
    excuse: "lists.example.org",
    says: "fail none",
    comment: "p=none, sp=quarantine, arc=pass lists.example.org",
    asked: 3,
  },
  {
    shows: "5.3.6: what passes needs no excuse",
    from: "example.com",
    dmarc: { "example.com": "p=reject" },
    dkim: "pass example.com",
    excuse: "lists.example.org",
    says: "pass",
    comment: "p=reject",
  },
  {
    shows: "5.3.6: an excuse makes no record",
    from: "example.com",
    excuse: "lists.example.org",
    says: "none",
  },
]);
