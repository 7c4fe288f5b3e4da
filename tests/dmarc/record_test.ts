// Records, as the grammar has them and as they are (RFC 9989 sections 4.7, 4.8, 4.10.1).

import { assertEquals } from "@std/assert";
import { type DmarcRecord, parseDmarcRecord } from "../../lib/dmarc/record.ts";
import { fuzz } from "../support/fuzz.ts";

const DEFAULTS: DmarcRecord = {
  policy: undefined,
  subdomainPolicy: undefined,
  nonexistentPolicy: undefined,
  isTesting: false,
  psd: "u",
  dkimAlignment: "relaxed",
  spfAlignment: "relaxed",
};
const REJECT: Partial<DmarcRecord> = { policy: "reject" };
const NO_POLICY: Partial<DmarcRecord> = {};
const MONITOR: Partial<DmarcRecord> = { policy: "none" };

/** What it shows, the record, and what it says beside the defaults; `undefined`: it is no record. */
const ROWS: [string, string, Partial<DmarcRecord> | undefined][] = [
  ["4.8: the least", "v=DMARC1", NO_POLICY],
  ["4.8: a semicolon at the end", "v=DMARC1;", NO_POLICY],
  ["4.8: p=", "v=DMARC1; p=reject", REJECT],
  ["4.8: p= and a semicolon", "v=DMARC1; p=reject; ", REJECT],
  ["4.8: no white space", "v=DMARC1;p=reject", REJECT],
  ["4.8: tabs", "v\t=\tDMARC1\t;\tp\t=\treject\t", REJECT],
  ["4.8: spaces", "v = DMARC1 ; p = reject ; ", REJECT],
  ["4.8: a space before v", " v=DMARC1; p=reject", undefined],
  ["4.8: a line end is no white space", "v=DMARC1;\r\n p=reject", NO_POLICY],
  ["4.8: V in upper case", "V=DMARC1; p=reject", REJECT],
  ["4.8: the version in lower case", "v=dmarc1; p=reject", undefined],
  ["4.7 v: another version", "v=DMARC2; p=reject", undefined],
  ["4.7 v: a longer version", "v=DMARC10; p=reject", undefined],
  ["4.7 v: a space in place of a semicolon", "v=DMARC1 p=reject", undefined],
  ["4.7 v: not first", "p=reject; v=DMARC1", undefined],
  ["4.7 v: after a semicolon", ";v=DMARC1; p=reject", undefined],
  ["4.7 v: none", "p=reject", undefined],
  ["4.7 v: nothing", "", undefined],
  ["4.7 v: quoted", '"v=DMARC1; p=reject"', undefined],
  ["4.7 v: a second one is ignored", "v=DMARC1; v=DMARC2; p=reject", REJECT],
  ["4.8: a name in upper case", "v=DMARC1; P=reject", REJECT],
  ["4.8: a word in upper case", "v=DMARC1; p=REJECT", REJECT],
  ["4.8: any order", "v=DMARC1; adkim=s; p=reject", {
    ...REJECT,
    dkimAlignment: "strict",
  }],
  ["4.8: an unknown tag", "v=DMARC1; x=y; p=reject", REJECT],
  ["4.8: a tag that is gone", "v=DMARC1; p=reject; pct=0; rf=x; ri=1", REJECT],
  ["4.8: no tag at all", "v=DMARC1; hello; p=reject", REJECT],
  ["4.8: empty tags", "v=DMARC1;;; ;p=reject;;", REJECT],
  ["4.8: no name", "v=DMARC1; =reject; p=reject", REJECT],
  ["4.8: a digit in a name", "v=DMARC1; p1=none; p=reject", REJECT],
  ["4.8: two equals signs", "v=DMARC1; p==reject", NO_POLICY],
  ["4.8: the first of two", "v=DMARC1; p=reject; p=none", REJECT],
  ["4.8: the first of two, unusable", "v=DMARC1; p=x; p=reject", NO_POLICY],
  ["4.8: the first of two, in any case", "v=DMARC1; P=reject; p=none", REJECT],
  ["4.8: the beginning of a word", "v=DMARC1; p=rej", NO_POLICY],
  ["4.8: more than a word", "v=DMARC1; p=reject!", NO_POLICY],
  ["4.8: two words", "v=DMARC1; p=reject none", NO_POLICY],
  ["4.8: an octet that is not ASCII", "v=DMARC1; p=reject\xa0", NO_POLICY],
  ["4.8: a NUL", "v=DMARC1; p=reject\0", NO_POLICY],
  ["4.8: a name that all objects have", "v=DMARC1; constructor=x", NO_POLICY],
  ["4.7 p: none", "v=DMARC1; p=none", MONITOR],
  ["4.7 p: quarantine", "v=DMARC1; p=quarantine", { policy: "quarantine" }],
  ["4.7 p: empty", "v=DMARC1; p=", NO_POLICY],
  ["4.7 sp", "v=DMARC1; p=reject; sp=none", {
    ...REJECT,
    subdomainPolicy: "none",
  }],
  ["4.7 np", "v=DMARC1; p=none; np=Reject", {
    ...MONITOR,
    nonexistentPolicy: "reject",
  }],
  ["4.7 psd: y", "v=DMARC1; p=reject; psd=Y", { ...REJECT, psd: "y" }],
  ["4.7 psd: n", "v=DMARC1; p=reject; psd=n", { ...REJECT, psd: "n" }],
  ["4.7 psd: u", "v=DMARC1; p=reject; psd=u", REJECT],
  ["4.7 psd: anything else", "v=DMARC1; p=reject; psd=yes", REJECT],
  ["4.7 t: y", "v=DMARC1; p=reject; t=y", { ...REJECT, isTesting: true }],
  ["4.7 t: anything else", "v=DMARC1; p=reject; t=s", REJECT],
  ["4.7 aspf: s", "v=DMARC1; p=reject; aspf=S", {
    ...REJECT,
    spfAlignment: "strict",
  }],
  ["4.7 aspf: anything else", "v=DMARC1; p=reject; aspf=strict", REJECT],
  ["4.7 adkim: r", "v=DMARC1; p=reject; adkim=r", REJECT],
  ["4.10.1: rua=", "v=DMARC1; rua=mailto:d@example.com", MONITOR],
  ["4.10.1: rua= in upper case", "v=DMARC1; RUA=MAILTO:d@example.com", MONITOR],
  ["4.10.1: another scheme", "v=DMARC1; rua=https://example.com/d", MONITOR],
  ["4.10.1: a size limit", "v=DMARC1; rua=mailto:d@example.com!10m", MONITOR],
  ["4.10.1: a bad size limit", "v=DMARC1; rua=mailto:d@e.com!x", NO_POLICY],
  ["4.10.1: the second of two", "v=DMARC1; rua=d, mailto:d@e.com", MONITOR],
  ["4.10.1: no scheme", "v=DMARC1; rua=d@example.com", NO_POLICY],
  ["4.10.1: nothing after the scheme", "v=DMARC1; rua=mailto:", NO_POLICY],
  ["4.10.1: empty", "v=DMARC1; rua=", NO_POLICY],
  ["4.10.1: a bad escape", "v=DMARC1; rua=mailto:a%2@e.com", NO_POLICY],
  ["4.10.1: an escape", "v=DMARC1; rua=mailto:a%2C@e.com", MONITOR],
  ["4.10.1: a space in it", "v=DMARC1; rua=mailto:d @e.com", NO_POLICY],
  ["4.10.1: ruf= is not rua=", "v=DMARC1; ruf=mailto:d@e.com", NO_POLICY],
  ["4.10.1: p= is not valid", "v=DMARC1; p=x; rua=mailto:d@e.com", MONITOR],
  ["4.10.1: sp= is not valid", "v=DMARC1; p=reject; sp=x", NO_POLICY],
  ["4.10.1: sp= is empty", "v=DMARC1; p=reject; sp=", NO_POLICY],
  ["4.10.1: np= is not valid", "v=DMARC1; p=reject; np=x", NO_POLICY],
  [
    "4.10.1: p=none replaces sp= and np= too, and nothing else",
    "v=DMARC1; p=x; sp=reject; np=reject; psd=n; adkim=s; rua=mailto:d@e.com",
    { ...MONITOR, psd: "n", dkimAlignment: "strict" },
  ],
];

for (const [shows, text, says] of ROWS) {
  Deno.test(`\`parseDmarcRecord()\`, RFC 9989 section ${shows}`, () => {
    const expected = says && { ...DEFAULTS, ...says };
    assertEquals(parseDmarcRecord(text), expected);
  });
}

fuzz({
  name: "parseDmarcRecord",
  parse: parseDmarcRecord,
  seeds: [
    "v=DMARC1; p=reject; sp=quarantine; np=none; t=y; psd=n; adkim=s; aspf=r",
    "v=DMARC1; p=x; rua=mailto:d%2C@example.com!10m,https://example.com/d; fo=1",
  ],
  frames: [
    ["", ""],
    ["v=DMARC1", "; p=reject"],
    ["v=DMARC1;", "p=reject"],
    ["v=DMARC1; p=", "reject"],
    ["v=DMARC1; rua=mailto:d", "@example.com"],
  ],
}, 9989);
