// The letters of DomainKeys, A to L: for each a message that leads there, rejected with the letter,
// deferred with it in lower case, and taken with the result named without it.

import { publicKeyOf, RSA_KEYS, signDomainKeys } from "../support/verifying.ts";
import type { Zone } from "../../scripts/host/dns_server.ts";
import { MAIL, recordOf } from "../support/signed_mail.ts";
import { type LetterRow, testLetters } from "../support/letters.ts";

const SIGNED = signDomainKeys(MAIL);
const DAMAGED = SIGNED.replace("Hello", "Hallo");
/** Of which Dovecot takes bank.example for the domain. */
const SPLIT_FROM = "From: ceo@bank.example<ann@example.com>";
const WEAK = RSA_KEYS["1023 bits, exponent 65537"];

/** DNS that says this of the key. */
function saying(...texts: string[]): Zone {
  return { "default._domainkey.example.com": texts };
}

function failing(error: "servfail" | "refused" | "nodata"): Zone {
  return { "default._domainkey.example.com": { error } };
}

/** Labels that are allowed each, and make a name that is not. */
const LONG = Array(3).fill("a".repeat(60)).join(".");

const ROWS: LetterRow[] = [
  {
    letter: "A",
    name: "a good signature",
    message: SIGNED,
    result: "pass (ok)",
  },
  {
    letter: "A",
    name: "a good signature of simple canonicalization",
    message: signDomainKeys(MAIL, { c: "simple" }),
    result: "pass (ok)",
  },
  {
    letter: "A",
    name: "a good signature of every field, without h=",
    message: signDomainKeys(MAIL, { h: undefined }),
    result: "pass (ok)",
  },
  {
    letter: "A",
    name: "a good signature of the parent domain",
    message: signDomainKeys(MAIL.replace("@example", "@a.example"), {
      h: "From:Subject",
    }),
    result: "pass (ok)",
  },
  {
    letter: "B",
    name: "a body that has been changed",
    message: DAMAGED,
    result: "fail (bad sig)",
  },
  {
    letter: "B",
    name: "the same under t=y",
    message: DAMAGED,
    zone: saying(recordOf("t=y; ")),
    result: "fail (bad sig)",
  },
  {
    letter: "C",
    name: "no signature",
    message: MAIL,
    result: "none (no signature)",
  },
  ...["d", "s", "b"].map((tag) => ({
    letter: "C",
    name: `a signature without ${tag}=`,
    message: signDomainKeys(MAIL, { [tag]: undefined }),
    result: "none (no signature)",
  })),
  {
    letter: "D",
    name: "a key that is not in DNS",
    message: SIGNED,
    zone: {},
    result: "fail (no key)",
  },
  {
    letter: "D",
    name: "a name without TXT",
    message: SIGNED,
    zone: failing("nodata"),
    result: "fail (no key)",
  },
  {
    letter: "D",
    name: "a record without p=",
    message: SIGNED,
    zone: saying("k=rsa; t=y"),
    result: "fail (no key)",
  },
  {
    letter: "E",
    name: "a record whose p= is no key",
    message: SIGNED,
    zone: saying("k=rsa; p=AAAA"),
    result: "fail (bad key)",
  },
  {
    letter: "E",
    name: "a record that is no tag list",
    message: SIGNED,
    zone: saying("hello"),
    result: "fail (bad key)",
  },
  {
    letter: "E",
    name: "a key of 1023 bits",
    message: signDomainKeys(MAIL, {}, WEAK),
    zone: saying(`p=${publicKeyOf(WEAK)}`),
    result: "policy (bad key)",
  },
  {
    letter: "F",
    name: "a server that fails",
    message: SIGNED,
    zone: failing("servfail"),
    result: "temperror (can't verify)",
  },
  {
    letter: "F",
    name: "a server that refuses",
    message: SIGNED,
    zone: failing("refused"),
    result: "temperror (can't verify)",
  },
  {
    letter: "G",
    name: "no From",
    message: signDomainKeys(MAIL.replace("From", "X-From")),
    result: "permerror (bad format)",
  },
  {
    letter: "G",
    name: "two From fields",
    message: signDomainKeys(`From: ann@example.com\n${MAIL}`),
    result: "permerror (bad format)",
  },
  {
    letter: "G",
    name: "two lines of text at the end of the header",
    message: SIGNED.replace("\n\n", "\nDear Bob,\nbuy this now!\n\n"),
    result: "permerror (bad format)",
  },
  {
    letter: "G",
    name: "an address before the address of From",
    message: signDomainKeys(MAIL.replace(/^From:.*/m, SPLIT_FROM)),
    result: "neutral (bad format)",
  },
  {
    letter: "G",
    name: "a From that is malformed",
    message: signDomainKeys(MAIL.replace("@example.com", "")),
    result: "neutral (bad format)",
  },
  {
    letter: "G",
    name: "a tag list that is none",
    message: SIGNED.replace("c=nofws;", "c=nofws; c=nofws;"),
    result: "neutral (bad format)",
  },
  {
    letter: "G",
    name: "d= of somebody else",
    message: signDomainKeys(MAIL.replace("ann@", "ann@evil-")),
    result: "neutral (bad format)",
  },
  {
    letter: "H",
    name: "h= of 1001 names",
    message: signDomainKeys(MAIL, {
      h: Array(1001).fill("From").join(":"),
    }),
    result: "temperror (no resources)",
  },
  {
    letter: "I",
    name: "q= of another method than dns",
    message: signDomainKeys(MAIL, { q: "http" }),
    result: "neutral (args)",
  },
  {
    letter: "J",
    name: "an empty p=",
    message: SIGNED,
    zone: saying("k=rsa; p="),
    result: "fail (revoked)",
  },
  {
    letter: "K",
    name: "a key's name that is too long for DNS",
    message: signDomainKeys(MAIL, { s: `${LONG}.${"b".repeat(60)}` }),
    result: "temperror (internal error)",
  },
  {
    letter: "L",
    name: "g= of somebody else",
    message: SIGNED,
    zone: saying(recordOf("g=bob; ")),
    result: "fail (bad sender)",
  },
  {
    letter: "A",
    name: "an empty g=, which is no limit",
    message: SIGNED,
    zone: saying(recordOf("g=; ")),
    result: "pass (ok)",
  },
  {
    letter: "E",
    name: "a key for reports",
    message: SIGNED,
    zone: saying(recordOf().replace("DKIM1", "TLSRPTv1")),
    result: "fail (bad key)",
  },
  {
    letter: "A",
    name: "a Sender above the signature",
    message: `Sender: list@lists.example.org\n${SIGNED}`,
    result: "pass (ok)",
  },
  {
    letter: "C",
    name: "no From below the signature",
    message: `From: ann@example.com\n${
      signDomainKeys(MAIL.replace(/^From:.*\n/m, ""))
    }`,
    result: "none (no signature)",
  },
  {
    letter: "B",
    name: "another Subject above the signature",
    message: `Subject: bye\n${SIGNED}`,
    result: "fail (bad sig)",
  },
];

testLetters("DomainKeys", ROWS);
