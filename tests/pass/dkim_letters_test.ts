// The letters of DKIM, A to S: for each a message that leads there, rejected with the letter,
// deferred with it in lower case, and taken with the result named without it.

import {
  ED25519_PEM,
  RSA_KEYS,
  signDkim,
  type Tags,
} from "../support/verifying.ts";
import type { Zone } from "../../scripts/host/dns_server.ts";
import { MAIL, recordOf } from "../support/signed_mail.ts";
import { type LetterRow, testLetters } from "../support/letters.ts";

const NAME = "default._domainkey.example.com";
const SIGNED = signDkim(MAIL);
const OTHER_BODY = SIGNED.replace("Hello", "Hallo");
const OTHER_HEADER = SIGNED.replace("the  first", "the second");
const WEAK = RSA_KEYS["1023 bits, exponent 65537"];

const LONG = RSA_KEYS["2048 bits, exponent 65537"];

/** The neutral point of the curve: as a key, it verifies this signature of anything. */
const IDENTITY = Uint8Array.of(1, ...new Uint8Array(31));
const IDENTITY_SIGNATURE = Uint8Array.of(...IDENTITY, ...new Uint8Array(32))
  .toBase64();

/** What readers take for the end of a header, or for another field, and others do not. */
const MALFORMED: Record<string, string> = {
  "two lines of text": "Dear Bob,\nbuy this now!\n",
  "a line of CR": "\r\r\n",
  "a NUL": "X-A: a\0b\n",
  "a NUL in a name": "From\0: ceo@bank.example\n",
  "a bare CR": "X-A: b\rFrom: ceo@bank.example\n",
  "8-bit octets in a name": "From\xc2\xa0: ceo@bank.example\n",
};

/** The message with a signature whose tags are changed. */
function tagged(tags: Tags): string {
  return signDkim(MAIL, tags);
}

/** DNS that says this of the key. */
function saying(...texts: string[]): Zone {
  return { [NAME]: texts };
}

/** A message signed eleven times, of which the ten that count are bad. */
function signedTooOften(): string {
  let message = signDkim(MAIL);
  for (let n = 0; n < 10; n++) message = signDkim(message, { bh: "AAAA" });
  return message;
}

/** Labels that are allowed each, and make a name that is not. */
const LONG_NAME = Array(4).fill("a".repeat(60)).join(".");
const PAST = "1000000000";

const GOOD: Omit<LetterRow, "letter" | "result">[] = [
  { name: "a good signature", message: SIGNED },
  ...["simple", "simple/simple", "simple/relaxed", "relaxed/simple"].map((
    c,
  ) => ({ name: `a good signature of c=${c}`, message: tagged({ c }) })),
  {
    name: "a good signature of Ed25519",
    message: signDkim(MAIL, { a: "ed25519-sha256" }, ED25519_PEM),
    zone: saying(recordOf("", ED25519_PEM)),
  },
  {
    name: "a good signature of 2048 bits",
    message: signDkim(MAIL, {}, LONG),
    zone: saying(recordOf("", LONG)),
  },
  {
    name: "a good signature of U-labels",
    message: tagged({
      d: "b\xc3\xbccher.example",
      s: "\xc3\xbc",
      i: "j\xc3\xbc@b\xc3\xbccher.example",
    }),
    zone: { "xn--tda._domainkey.xn--bcher-kva.example": [recordOf()] },
  },
  {
    name: "a good signature whose key is the last of four that fit",
    message: SIGNED,
    zone: saying(
      recordOf("s=tlsrpt; "),
      recordOf("h=sha1; "),
      recordOf("", ED25519_PEM),
      ...Array(3).fill(recordOf("", LONG)),
      recordOf(),
    ),
  },
  {
    name: "a good signature as others write them",
    message: tagged({ a: "RSA-SHA256", h: "From::To:", "x-y": "\xc3\xbc" }),
    zone: saying(
      recordOf("h=SHA256; s=EMAIL; n=\xe4; ").replace("v=DKIM1; ", "") +
        "; v=DKIM1",
    ),
  },
  {
    name: "a good signature after a bad one",
    message: signDkim(SIGNED, { bh: "AAAA" }),
  },
  {
    name: "a bad signature after a good one",
    message: signDkim(signDkim(MAIL, { bh: "AAAA" })),
  },
];

const ROWS: LetterRow[] = [
  ...GOOD.map((row) => ({ ...row, letter: "A", result: "pass (ok)" })),
  {
    letter: "B",
    name: "b= that is not as long as the key",
    message: tagged({ b: "AAAA" }),
    result: "fail (fail)",
  },
  ...["a", "d", "s", "h", "bh"].map((tag) => ({
    letter: "C",
    name: `a signature without ${tag}=`,
    message: tagged({ [tag]: undefined }),
    result: "neutral (bad syntax)",
  })),
  {
    letter: "C",
    name: "a From that h= does not name",
    message: tagged({ h: "To:Subject" }),
    result: "neutral (bad syntax)",
  },
  {
    letter: "C",
    name: "h= of 1001 names",
    message: tagged({ h: Array(1001).fill("From").join(":") }),
    result: "neutral (bad syntax)",
  },
  ...Object.entries(MALFORMED).map(([name, added]) => ({
    letter: "C",
    name: `${name} in the header`,
    message: SIGNED.replace("\n\n", `\n${added}\n`),
    result: "permerror (bad syntax)",
  })),
  {
    letter: "C",
    name: "two From fields, both signed",
    message: signDkim(`From: eve@example.org\n${MAIL}`, { h: "From:From" }),
    result: "permerror (bad syntax)",
  },
  {
    letter: "C",
    name: "no From",
    message: signDkim(MAIL.replace("From:", "X-From:")),
    result: "permerror (bad syntax)",
  },
  {
    letter: "D",
    name: "a header that has been changed",
    message: OTHER_HEADER,
    result: "fail (bad sig)",
  },
  {
    letter: "E",
    name: "a header that has been changed, under t=y",
    message: OTHER_HEADER,
    zone: saying(recordOf("t=y; ")),
    result: "fail (bad sig, testing)",
  },
  {
    letter: "E",
    name: "a body that has been changed, under t=s:y",
    message: OTHER_BODY,
    zone: saying(recordOf("t=s:y; ")),
    result: "fail (bad sig, testing)",
  },
  {
    letter: "F",
    name: "x= that is past",
    message: tagged({ x: PAST }),
    result: "fail (expired)",
  },
  ...[
    ["a key that is not for mail", recordOf("s=other; ")],
    ["a key of an unknown type", recordOf().replace("k=rsa", "k=x")],
    ["a record without p=", "v=DKIM1; k=rsa"],
    ["a record of another version", recordOf().replace("DKIM1", "DKIM2")],
    ["a record that is no tag list", "hello"],
  ].map(([name, text]) => ({
    letter: "G",
    name: name!,
    message: SIGNED,
    zone: saying(text!),
    result: "neutral (bad selector)",
  })),
  {
    letter: "H",
    name: "g= of somebody else",
    message: tagged({ i: "ann@example.com" }),
    zone: saying(recordOf("g=bob; ")),
    result: "neutral (bad selector)",
  },
  {
    letter: "H",
    name: "i= of a subdomain under t=s",
    message: tagged({ i: "ann@a.example.com" }),
    zone: saying(recordOf("t=s; ")),
    result: "neutral (bad selector)",
  },
  {
    letter: "I",
    name: "an empty p=",
    message: SIGNED,
    zone: saying("v=DKIM1; p="),
    result: "neutral (revoked)",
  },
  {
    letter: "J",
    name: "a key's name that is too long for DNS",
    message: tagged({ s: LONG_NAME }),
    result: "neutral (bad domain)",
  },
  ...(["servfail", "refused"] as const).map((error) => ({
    letter: "K",
    name: `a server that says ${error}`,
    message: SIGNED,
    zone: { [NAME]: { error } },
    result: "temperror (dns)",
  })),
  ...(["nxdomain", "nodata"] as const).map((error) => ({
    letter: "L",
    name: `a server that says ${error}`,
    message: SIGNED,
    zone: { [NAME]: { error } },
    result: "permerror (dns)",
  })),
  {
    letter: "M",
    name: "a record whose p= is no key",
    message: SIGNED,
    zone: saying("v=DKIM1; p=AAAA"),
    result: "fail (bad key)",
  },
  {
    letter: "M",
    name: "an Ed25519 key of small order, and a signature that nobody made",
    message: signDkim(MAIL, { a: "ed25519-sha256", b: IDENTITY_SIGNATURE }),
    zone: saying(`v=DKIM1; k=ed25519; p=${IDENTITY.toBase64()}`),
    result: "fail (bad key)",
  },
  {
    letter: "M",
    name: "a key of 1023 bits",
    message: signDkim(MAIL, {}, WEAK),
    zone: saying(recordOf("", WEAK)),
    result: "policy (bad key)",
  },
  {
    letter: "N",
    name: "no signature",
    message: MAIL,
    result: "none (no signature)",
  },
  {
    letter: "O",
    name: "ten bad signatures before a good one",
    message: signedTooOften(),
    // The field and the log tell of those that were examined.
    result: "fail (bad bodyhash)",
    logged: " unexamined=1$",
  },
  {
    letter: "P",
    name: "a body that has been changed",
    message: OTHER_BODY,
    result: "fail (bad bodyhash)",
  },
  {
    letter: "P",
    name: "l= that leaves some of the body unsigned",
    message: tagged({ l: "5" }),
    result: "policy (bad bodyhash)",
  },
  {
    letter: "P",
    name: "l= beyond the end of the body",
    message: tagged({ l: "5000" }),
    result: "fail (bad bodyhash)",
  },
  {
    letter: "Q",
    name: "rsa-sha1",
    message: tagged({ a: "rsa-sha1" }),
    result: "policy (bad algorithm)",
  },
  {
    letter: "Q",
    name: "a key for SHA-1 alone",
    message: SIGNED,
    zone: saying(recordOf("h=sha1; ")),
    result: "neutral (bad algorithm)",
  },
  {
    letter: "Q",
    name: "a key of another type than a=",
    message: SIGNED,
    zone: saying(recordOf("", ED25519_PEM)),
    result: "neutral (bad algorithm)",
  },
  {
    letter: "R",
    name: "v=2",
    message: tagged({ v: "2" }),
    result: "neutral (bad version)",
  },
  {
    letter: "S",
    name: "a second From that is not signed",
    message: `From: evil@example.org\n${SIGNED}`,
    result: "policy (unsigned From)",
  },
];

testLetters("DKIM", ROWS);
