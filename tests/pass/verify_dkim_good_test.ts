// VerifyPass on one DKIM signature that is good: what may be otherwise than usual.

import { assertEquals } from "@std/assert";
import { NOW } from "../support/signing.ts";
import {
  type DkimRow,
  dkimVerdictOf,
  ED25519_PEM,
  ofBits,
  P,
  PEM,
  publicKeyOf,
  RSA_KEYS,
} from "../support/verifying.ts";

const OTHER_P = publicKeyOf(RSA_KEYS["1024 bits, exponent 3"]);

const GOOD: Record<string, DkimRow> = {
  "a signature": {},
  "simple canonicalization": { tags: { c: "simple/simple" } },
  "simple canonicalization by default": { tags: { c: undefined } },
  "relaxed and simple canonicalization": { tags: { c: "relaxed" } },
  "Ed25519": {
    tags: { a: "ed25519-sha256" },
    pem: ED25519_PEM,
    entry: `v=DKIM1; k=ed25519; p=${publicKeyOf(ED25519_PEM)}`,
  },
  "a key of 1024 bits": ofBits(1024),
  "a key of 1025 bits": ofBits(1025),
  "a key of 8192 bits": ofBits(8192),
  "a bare RSAPublicKey": { entry: `v=DKIM1; p=${publicKeyOf(PEM, "pkcs1")}` },
  "a record with p= alone": { entry: P },
  "a record for mail": { entry: `v=DKIM1; s=tlsrpt:email; ${P}` },
  "a record for all services": { entry: `v=DKIM1; s=*; ${P}` },
  "a record that allows the hash": { entry: `v=DKIM1; h=sha1:sha256; ${P}` },
  "a record of a site that tests": { entry: `v=DKIM1; t=y; ${P}` },
  "a record with t=s, without i=": { entry: `v=DKIM1; t=s; ${P}` },
  "a record with t=s, i= in another case and folded": {
    tags: { i: "alice@\n\tEXAMPLE.com" },
    entry: `v=DKIM1; t=y:s; ${P}`,
  },
  "g= that matches i=": {
    tags: { i: "alice@example.com" },
    entry: `v=DKIM1; g=al*e; ${P}`,
  },
  "g=*, without i=": { entry: `v=DKIM1; g=*; ${P}` },
  "i= in a subdomain": { tags: { i: "@a.b.example.com" } },
  "a= and c= in capitals": {
    tags: { a: "RSA-SHA256", c: "Relaxed/RELAXED" },
  },
  "q= in capitals": { tags: { q: "DNS/TXT" } },
  "empty names in h=": { tags: { h: ":From::To:" } },
  "k=, h= and s= in capitals": {
    entry: `v=DKIM1; k=RSA; h=SHA256; s=EMAIL; ${P}`,
  },
  "v= that is not first": { entry: `k=rsa; v=DKIM1; ${P}` },
  "a record with a hyphen in a name and 8-bit notes": {
    entry: `v=DKIM1; x-note=1; n=cl\xe9; ${P}`,
  },
  "i= in quoted-printable": {
    tags: { i: "=41lice=2Bx@=65xample.com" },
    entry: `v=DKIM1; t=s; g=Alice+*; ${P}`,
  },
  "i= with a UTF-8 local part": { tags: { i: "m\xc3\xb8x@example.com" } },
  "z= and an unknown tag of UTF-8": {
    tags: { z: "Subject:\xc3\xa9", "x-y": "\xc3\xa9" },
  },
  "a mailbox line first": { change: (signed) => `From now on\n${signed}` },
  "a quoted mailbox line first": {
    change: (signed) => `>From a@b Thu Nov 26 10:00:00 2026\n${signed}`,
  },
  "a name with white space before its colon": {
    change: (signed) => signed.replace("\nSubject:", "\nSubject \t:"),
  },
  "the key after another one": {
    entry: [`p=${OTHER_P}`, `v=DKIM1; ${P}`],
  },
  "the key after an Ed25519 key, one for sha1 and one for another service": {
    entry: [
      `k=ed25519; p=${publicKeyOf(ED25519_PEM)}`,
      `v=DKIM1; h=sha1; ${P}`,
      `v=DKIM1; s=tlsrpt; ${P}`,
      `v=DKIM1; ${P}`,
    ],
  },
  "the fourth key": {
    entry: [`p=${OTHER_P}`, `p=${OTHER_P}`, `p=${OTHER_P}`, P],
  },
  "one record of several": {
    entry: [
      "v=spf1 -all",
      "v=DKIM1; p=",
      "junk",
      `v=DKIM1; ${P}`,
      "v=DKIM1; k=rsa",
    ],
  },
  "x= to come": { tags: { t: `${NOW - 9}`, x: `${NOW + 1}` } },
  "t= to come": { tags: { t: `${NOW + 99}` } },
  "Subject unsigned": {
    tags: { h: "From" },
    change: (signed) => signed.replace("hello", "bye"),
  },
  "From signed once more than it occurs": { tags: { h: "From:From:To" } },
  "h= that names the signature's own field, which is not meant": {
    tags: { h: "From:DKIM-Signature" },
  },
  "l= over the whole body": { tags: { l: "12" } },
  "1000 names in h=": { tags: { h: "From" + ":x".repeat(999) } },
  "white space and case that relaxed does not see": {
    change: (signed) =>
      signed.replace("\nSubject: ", "\nSUBJECT:\n \t")
        .replace("  Bob.", "\tBob. \t") + "\n\n",
  },
  "rsa-sha1 if it is allowed": {
    tags: { a: "rsa-sha1" },
    options: { allowRsaSha1: true },
  },
  "512 bits if they are enough": {
    ...ofBits(512),
    options: { minRsaBits: 512 },
  },
  "a body that goes on after l= if that is honoured": {
    tags: { l: "5" },
    options: { allowAppendedBody: true },
  },
};

for (const [name, row] of Object.entries(GOOD)) {
  Deno.test(`\`VerifyPass\` lets ${name} pass`, async () => {
    assertEquals(await dkimVerdictOf(row), "A pass (ok)");
  });
}
