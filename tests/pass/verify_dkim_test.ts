// VerifyPass on one DKIM signature that is not good: when each status is reached.

import { DKIM_LETTERS } from "../../lib/policy/letters.ts";
import { assertEquals } from "@std/assert";
import { NOW } from "../support/signing.ts";
import {
  addFrom,
  type DkimRow,
  dkimVerdictOf,
  ED25519_PEM,
  MESSAGE,
  ofBits,
  P,
  publicKeyOf,
  RECORD_8193,
  RSA_KEYS,
} from "../support/verifying.ts";

interface Row extends DkimRow {
  verdict: string;
}

const TESTING = `v=DKIM1; t=y; ${P}`;
const NO_FIELD = "header field 5 is no field";
const OTHER_P = publicKeyOf(RSA_KEYS["1024 bits, exponent 3"]);
const WRONG_LENGTH = "B fail (fail): b= is not as long as the key";

const changeBody = (signed: string) => signed.replace("Bob.", "Eve.");
const changeHeader = (signed: string) => signed.replace("hello", "bye");

/** What is put before the empty line, or above all: it makes the header none. */
const MALFORMED: Record<string, [added: string, detail: string]> = {
  "two lines of text": ["Dear Bob,\nbuy this!\n", "header field 5 is no field"],
  "a line of CR": ["\r\r\n", "a bare CR in header field 5"],
  "a NUL": ["X: a\0b\n", "a NUL in header field 5"],
  "a NUL in a name": ["From\0: eve@b.example\n", "a NUL in header field 5"],
  "a bare CR": ["X: b\rFrom: eve@b.example\n", "a bare CR in header field 5"],
  "8-bit octets in a name": ["From\xa0: eve@b.example\n", NO_FIELD],
  "white space in a name": ["From x: eve@b.example\n", NO_FIELD],
  "an empty name": [": eve@b.example\n", NO_FIELD],
  "white space before the colon of a field that is not signed": [
    "X-A : Pay at once to 4711.\n",
    "white space before the colon of X-A",
  ],
  "a mailbox line that is not first": ["From a@b Thu\n", NO_FIELD],
};
const MALFORMED_ROWS = Object.fromEntries(
  Object.entries(MALFORMED).map(([name, [added, detail]]): [string, Row] => [
    `${name} in the header`,
    {
      change: (signed) => signed.replace("\n\n", `\n${added}\n`),
      verdict: `C permerror (bad syntax): ${detail}`,
    },
  ]),
);

const OTHERS: Record<string, Row> = {
  "a signature of another length than the key": {
    tags: { b: "AAAA" },
    verdict: WRONG_LENGTH,
  },
  "a signature of another length under t=y": {
    tags: { b: "AAAA" },
    entry: TESTING,
    verdict: WRONG_LENGTH,
  },
  "no tag list": {
    change: (signed) => signed.replace("v=1", "v=1;;"),
    verdict: "C neutral (bad syntax)",
  },
  "From not in h=": {
    tags: { h: "To:Subject" },
    verdict: "C neutral (bad syntax)",
  },
  "1001 names in h=": {
    tags: { h: "From" + ":x".repeat(1000) },
    verdict: "C neutral (bad syntax)",
  },
  "x= that is not after t=": {
    tags: { t: "5", x: "5" },
    verdict: "C neutral (bad syntax)",
  },
  "i= outside d=": {
    tags: { i: "@badexample.com" },
    verdict: "C neutral (bad syntax)",
  },
  ...MALFORMED_ROWS,
  "a header that was changed": {
    change: changeHeader,
    verdict: "D fail (bad sig)",
  },
  "a changed header under t=y": {
    change: changeHeader,
    entry: TESTING,
    verdict: "E fail (bad sig, testing)",
  },
  "another RSA key": {
    entry: `p=${publicKeyOf(RSA_KEYS["1024 bits, exponent 3"])}`,
    verdict: "D fail (bad sig)",
  },
  "an Ed25519 key that is no point": {
    tags: { a: "ed25519-sha256" },
    pem: ED25519_PEM,
    entry: `k=ed25519; p=${new Uint8Array(32).fill(2).toBase64()}`,
    verdict: "D fail (bad sig)",
  },
  "a body that was changed": {
    change: changeBody,
    verdict: "P fail (bad bodyhash)",
  },
  "a changed body under t=y": {
    change: changeBody,
    entry: TESTING,
    verdict: "E fail (bad sig, testing)",
  },
  "x= that has come": {
    tags: { x: `${NOW - 1}` },
    verdict: "F fail (expired)",
  },
  "x= that comes, to one whose clock is ahead": {
    tags: { x: `${NOW + 60}` },
    now: NOW + 61,
    verdict: "F fail (expired)",
  },
  "a record without p=": {
    entry: "v=DKIM1; k=rsa",
    verdict: "G neutral (bad selector): no key",
  },
  "a type of key that nobody knows": {
    entry: `v=DKIM1; k=dsa; ${P}`,
    verdict: "G neutral (bad selector): unknown type",
  },
  "v=DKIM2": {
    entry: `v=DKIM2; ${P}`,
    verdict: "G neutral (bad selector): malformed",
  },
  "a record for another service": {
    entry: `v=DKIM1; s=tlsrpt; ${P}`,
    verdict: "G neutral (bad selector): s= is not for mail",
  },
  "g= that is empty": {
    entry: `v=DKIM1; g=; ${P}`,
    verdict: "H neutral (bad selector): g= is for another sender",
  },
  "g= of somebody else": {
    tags: { i: "bob@example.com" },
    entry: `v=DKIM1; g=al*; ${P}`,
    verdict: "H neutral (bad selector): g= is for another sender",
  },
  "t=s and i= in a subdomain": {
    tags: { i: "@a.example.com" },
    entry: `v=DKIM1; t=s; ${P}`,
    verdict: "H neutral (bad selector): t=s is for d= alone",
  },
  "a key that is revoked": {
    entry: ["junk", "v=DKIM1; p="],
    verdict: "I neutral (revoked): p= is empty",
  },
  "a name too long for DNS": {
    entry: { outcome: "too long" },
    verdict: "J neutral (bad domain): no name of DNS is so long",
  },
  "DNS that does not answer": {
    entry: { outcome: "temporary", detail: "SERVFAIL" },
    verdict: "K temperror (dns): SERVFAIL",
  },
  "a name that is not there": {
    entry: { outcome: "nxdomain" },
    verdict: "L permerror (dns): nxdomain",
  },
  "a name without TXT records": {
    entry: { outcome: "nodata" },
    verdict: "L permerror (dns): nodata",
  },
  "p= that is no key": {
    entry: "v=DKIM1; p=AAAA",
    verdict: "M fail (bad key): p= is no key",
  },
  "an RSA key of 8193 bits": {
    entry: RECORD_8193,
    verdict: "M fail (bad key): p= is no key",
  },
  "an RSA key of 8193 bits, however lenient": {
    entry: RECORD_8193,
    options: { minRsaBits: 0 },
    verdict: "M fail (bad key): p= is no key",
  },
  "an RSA key of 512 bits": {
    ...ofBits(512),
    verdict: "M policy (bad key): the key has 512 bits",
  },
  "an RSA key of 1000 bits": {
    ...ofBits(1000),
    verdict: "M policy (bad key): the key has 1000 bits",
  },
  "an RSA key of 1023 bits": {
    ...ofBits(1023),
    verdict: "M policy (bad key): the key has 1023 bits",
  },
  "l= that is shorter than the body": {
    tags: { l: "5" },
    verdict: "P policy (bad bodyhash): l= leaves 7 octets unsigned",
  },
  "l= that leaves out what was added": {
    tags: { l: "12" },
    change: (signed) => signed + "Buy!\n",
    verdict: "P policy (bad bodyhash): l= leaves 8 octets unsigned",
  },
  "l= that is shorter than the body, under t=y": {
    tags: { l: "5" },
    entry: TESTING,
    verdict: "E policy (bad sig, testing): l= leaves 7 octets unsigned",
  },
  "l= that is longer than the body": {
    tags: { l: "13" },
    verdict: "P fail (bad bodyhash): l= is longer than the body",
  },
  "l= that is longer than the body, even if l= is honoured": {
    tags: { l: "13" },
    options: { allowAppendedBody: true },
    verdict: "P fail (bad bodyhash): l= is longer than the body",
  },
  "rsa-sha1": {
    tags: { a: "rsa-sha1" },
    verdict: "Q policy (bad algorithm): rsa-sha1 is not safe",
  },
  "a record for another type of key": {
    entry: `v=DKIM1; k=ed25519; p=${publicKeyOf(ED25519_PEM)}`,
    verdict: "Q neutral (bad algorithm): the key is for another algorithm",
  },
  "a record for another hash": {
    entry: `v=DKIM1; h=sha1; ${P}`,
    verdict: "Q neutral (bad algorithm): the key is for another algorithm",
  },
  "v=2": {
    tags: { v: "2" },
    verdict: "R neutral (bad version)",
  },
  "a quoted mailbox line that says more than who and when": {
    change: (signed) => `>From now on, pay to 4711.\n${signed}`,
    verdict: "C permerror (bad syntax): header field 1 is no field",
  },
  "no From": {
    message: MESSAGE.replace("From:", "X:"),
    verdict: "C permerror (bad syntax): 0 From fields",
  },
  "two From, both signed": {
    message: addFrom(MESSAGE),
    tags: { h: "From:From" },
    verdict: "C permerror (bad syntax): 2 From fields",
  },
  "the fifth key": {
    entry: [...Array(4).fill(`p=${OTHER_P}`), P],
    verdict: "D fail (bad sig)",
  },
  "g= of somebody else in quoted-printable": {
    tags: { i: "a=6Cice@example.com" },
    entry: `v=DKIM1; g=a=6Cice; ${P}`,
    verdict: "H neutral (bad selector): g= is for another sender",
  },
  "a From that was added": {
    change: addFrom,
    verdict: "S policy (unsigned From)",
  },
};

for (const [name, row] of Object.entries(OTHERS)) {
  const [words] = row.verdict.split(":");
  Deno.test(`\`VerifyPass\` says ${words} of ${name}`, async () => {
    assertEquals(await dkimVerdictOf(row), row.verdict);
  });
}

Deno.test("the rows reach every status of a DKIM signature", () => {
  const letters = Object.values(OTHERS).map(({ verdict }) => verdict[0]!);
  const all = Object.values(DKIM_LETTERS).map(({ letter }) => letter);
  // N and O are for messages, and A is for the good ones.
  assertEquals([...new Set(["A", "N", "O", ...letters])].sort(), all.sort());
});
