// VerifyPass on DomainKeys: when each status is reached, who the author is, and which signature
// counts.

import { DOMAINKEYS_LETTERS } from "../../lib/policy/letters.ts";
import { assertEquals } from "@std/assert";
import type { VerifyOptions } from "../../lib/ports/verifying.ts";
import {
  addFrom,
  brief,
  KEY_NAME,
  MESSAGE,
  ofBits,
  P,
  publicKeyOf,
  RECORD_8193,
  RSA_KEYS,
  signDkim,
  signDomainKeys,
  type Tags,
  verify,
} from "../support/verifying.ts";
import { Zone, type ZoneEntry } from "../support/zone.ts";

/** A row: how the message is signed, what becomes of it then, and the verdict. */
interface Row {
  message?: string;
  tags?: Tags;
  pem?: string;
  /** A change to the signed message. */
  change?: (signed: string) => string;
  entry?: ZoneEntry;
  options?: Partial<VerifyOptions>;
  verdict: string;
}

const PASS = "A pass (ok)";
const TWO_FROM = "G permerror (bad format): 2 From fields";
const NO_FROM = "G neutral (bad format): no usable From";
const MALFORMED = "G permerror (bad format): header field 5 is no field";
const NOT_THE_DOMAIN = "G neutral (bad format): d= is not the sender's domain";

const withSender = (sender: string) => `Sender: ${sender}\n${MESSAGE}`;
const LIST = withSender("list@lists.example.org").replace(
  "alice@example.com",
  "alice@example.net",
);
const LIST_TAGS = { d: "example.org", h: "Sender:From" };
const above = (line: string) => (signed: string) => `${line}\n${signed}`;
const changeBody = (signed: string) => signed.replace("Bob.", "Eve.");

const ROWS: Record<string, Row> = {
  "a signature": { verdict: PASS },
  "simple canonicalization": { tags: { c: "simple" }, verdict: PASS },
  "a signature without h=": { tags: { h: undefined }, verdict: PASS },
  "a body of empty lines": {
    message: "From: alice@example.com\n\n\n\n",
    tags: { h: "From" },
    verdict: PASS,
  },
  "a DKIM-Signature above, though it has a From in h=": {
    change: (signed) => signDkim(signed),
    verdict: PASS,
  },
  "fields above that are not signed": {
    change: above("Received: x\nCc: eve@example.org\nX-Note: bye"),
    verdict: PASS,
  },
  "trace fields above that are in h=": {
    message: `Received: y\nX-Note: hi\n${MESSAGE}`,
    tags: { h: "Received:X-Note:From" },
    change: above("Received: x\nX-Note: bye"),
    verdict: PASS,
  },
  "a Subject above, though it is in h=": {
    change: above("Subject: bye"),
    verdict: "B fail (bad sig): Subject stands above the signature too",
  },
  "a Content-Type above that is in h= alone": {
    tags: { h: "From:content-type" },
    change: above("Content-Type: text/html"),
    verdict: "B fail (bad sig): Content-Type stands above the signature too",
  },
  "a To above, without h=": {
    tags: { h: undefined },
    change: above("TO: eve@example.org"),
    verdict: "B fail (bad sig): TO stands above the signature too",
  },
  "From in a subdomain of d=": {
    message: MESSAGE.replace("@example", "@a.b.EXAMPLE"),
    verdict: PASS,
  },
  "Sender in d=, From elsewhere": {
    message: LIST,
    tags: LIST_TAGS,
    verdict: PASS,
  },
  "Sender signed without h=": {
    message: LIST,
    tags: { ...LIST_TAGS, h: undefined },
    verdict: PASS,
  },
  "several records, of which one has a key": {
    entry: ["v=spf1 -all", "k=rsa; p=", "k=rsa", P],
    verdict: PASS,
  },
  "a record whose k=, h= and s= RFC 4870 does not have": {
    entry: `k=x; h=sha256; s=tlsrpt; ${P}`,
    verdict: PASS,
  },
  "a record of DKIM": {
    entry: `v=DKIM1; k=rsa; h=sha1:sha256; s=email; ${P}`,
    verdict: PASS,
  },
  "a record of another version": {
    entry: `v=DKIM2; ${P}`,
    verdict: "E fail (bad key): malformed",
  },
  "a record for reports": {
    entry: `v=TLSRPTv1; ${P}`,
    verdict: "E fail (bad key): malformed",
  },
  "a record of DKIM for another service": {
    entry: `v=DKIM1; s=tlsrpt; ${P}`,
    verdict: "E fail (bad key): not for mail",
  },
  "a record of DKIM for another hash": {
    entry: `v=DKIM1; h=sha256; ${P}`,
    verdict: "E fail (bad key): other algorithm",
  },
  "a record of DKIM for another type of key": {
    entry: `v=DKIM1; k=ed25519; ${P}`,
    verdict: "E fail (bad key): unusable",
  },
  "the right key after another one": {
    entry: [`p=${publicKeyOf(RSA_KEYS["1024 bits, exponent 3"])}`, P],
    verdict: PASS,
  },
  "From of a U-label in d=, an A-label": {
    message: MESSAGE.replace("@example.com", "@b\xc3\xbccher.example.com"),
    tags: { d: "xn--bcher-kva.example.com" },
    verdict: PASS,
  },
  "two addresses of one domain": {
    message: MESSAGE.replace("<alice", "<bob@Example.com>, Alice <alice"),
    verdict: PASS,
  },
  "two addresses of two domains": {
    message: MESSAGE.replace("<alice", "<ceo@bank.example>, Alice <alice"),
    verdict: NO_FROM,
  },
  "an address before the address": {
    message: MESSAGE.replace("Alice <", "ceo@bank.example<"),
    verdict: NO_FROM,
  },
  "white space before the colon of a field that is not signed": {
    change: (signed) => signed.replace("\n\n", "\nX-A : Pay to 4711.\n\n"),
    verdict: "G permerror (bad format): white space before the colon of X-A",
  },
  "white space before the colon of a field above": {
    change: above("Received : x"),
    verdict:
      "G permerror (bad format): white space before the colon of Received",
  },
  "a line that is no field": {
    change: (signed) => signed.replace("\n\n", "\nBuy this now!\n\n"),
    verdict: MALFORMED,
  },
  "g= that matches": { entry: `g=a*e; ${P}`, verdict: PASS },
  "1024 bits": { ...ofBits(1024), verdict: PASS },
  "8192 bits": { ...ofBits(8192), verdict: PASS },
  "512 bits if they are enough": {
    ...ofBits(512),
    options: { minRsaBits: 512 },
    verdict: PASS,
  },
  "a body that was changed": {
    change: changeBody,
    verdict: "B fail (bad sig)",
  },
  "a changed body under t=y": {
    change: changeBody,
    entry: `t=y; ${P}`,
    verdict: "B fail (bad sig)",
  },
  "a field that was added below, without h=": {
    tags: { h: undefined },
    change: (signed) => signed.replace("\nTo:", "\nX: y\nTo:"),
    verdict: "B fail (bad sig)",
  },
  "a good signature below a bad one": {
    change: (signed) => signDomainKeys(signed, { b: "AAAA" }),
    verdict: "B fail (bad sig)",
  },
  "another key": {
    entry: `p=${publicKeyOf(RSA_KEYS["1024 bits, exponent 3"])}`,
    verdict: "B fail (bad sig)",
  },
  "an unsigned message": {
    change: () => MESSAGE,
    verdict: "C none (no signature)",
  },
  "a signature without d=": {
    tags: { d: undefined },
    verdict: "C none (no signature)",
  },
  "a signature without s=": {
    tags: { s: undefined },
    verdict: "C none (no signature)",
  },
  "a signature with an empty b=": {
    tags: { b: "" },
    verdict: "C none (no signature)",
  },
  "a name that is not there": {
    entry: { outcome: "nxdomain" },
    verdict: "D fail (no key): nxdomain",
  },
  "a name without TXT records": {
    entry: { outcome: "nodata" },
    verdict: "D fail (no key): nodata",
  },
  "a record without p=": {
    entry: "k=rsa",
    verdict: "D fail (no key): no p=",
  },
  "p= that is no key": {
    entry: "p=AAAA",
    verdict: "E fail (bad key): unusable",
  },
  "a record that is no tag list": {
    entry: `${P};;`,
    verdict: "E fail (bad key): malformed",
  },
  "8193 bits": {
    entry: RECORD_8193,
    verdict: "E fail (bad key): unusable",
  },
  "512 bits": {
    ...ofBits(512),
    verdict: "E policy (bad key): the key has 512 bits",
  },
  "1000 bits": {
    ...ofBits(1000),
    verdict: "E policy (bad key): the key has 1000 bits",
  },
  "DNS that does not answer": {
    entry: { outcome: "temporary", detail: "SERVFAIL" },
    verdict: "F temperror (can't verify): SERVFAIL",
  },
  "no From": {
    message: MESSAGE.replace("From:", "X:"),
    verdict: "G permerror (bad format): 0 From fields",
  },
  "no From, though there is a Sender": {
    message: withSender("alice@example.com").replace("From:", "X:"),
    tags: { h: "Sender:To" },
    verdict: "G permerror (bad format): 0 From fields",
  },
  "two From": { message: addFrom(MESSAGE), verdict: TWO_FROM },
  "a From added above": {
    change: above("From: eve@example.org"),
    verdict: TWO_FROM,
  },
  "a malformed From": {
    message: MESSAGE.replace("<alice", "<<alice"),
    verdict: NO_FROM,
  },
  "a From without an address": {
    message: MESSAGE.replace("<alice@example.com>", ""),
    verdict: NO_FROM,
  },
  "two Senders": {
    message: withSender("a@example.com\nSender: a@example.com"),
    verdict: NO_FROM,
  },
  "a malformed Sender": { message: withSender("@"), verdict: NO_FROM },
  "a Sender of another domain": {
    message: withSender("eve@example.org"),
    verdict: NOT_THE_DOMAIN,
  },
  "a Sender of another domain, added above": {
    change: above("Sender: eve@example.org"),
    verdict: PASS,
  },
  "d= that is not From's": {
    message: MESSAGE.replace("@example", "@badexample"),
    verdict: NOT_THE_DOMAIN,
  },
  "d= that lies below From's": {
    tags: { d: "a.example.com" },
    verdict: NOT_THE_DOMAIN,
  },
  "From above the signature": {
    message: "To: bob@example.net\n\n",
    change: above("From: alice@example.com"),
    verdict: "C none (no signature): From is above the signature",
  },
  "h= without From": {
    tags: { h: "To:Subject" },
    verdict: "G neutral (bad format): From is not signed",
  },
  "h= without Sender": {
    message: withSender("alice@example.com"),
    verdict: "G neutral (bad format): Sender is not signed",
  },
  "Sender above the signature": {
    tags: { h: "Sender:From" },
    change: above("Sender: alice@example.com"),
    verdict: "B fail (bad sig): Sender stands above the signature too",
  },
  "no tag list": {
    change: (signed) => signed.replace("; a=", ";; a="),
    verdict: "G neutral (bad format)",
  },
  "a canonicalization of DKIM": {
    tags: { c: "relaxed" },
    verdict: "G neutral (bad format)",
  },
  "a key that is revoked": {
    entry: ["junk", "p="],
    verdict: "J fail (revoked)",
  },
  "a name too long for DNS": {
    entry: { outcome: "too long" },
    verdict: "K temperror (internal error): no name of DNS is so long",
  },
  "g= of somebody else": {
    entry: `g=bob; ${P}`,
    verdict: "L fail (bad sender)",
  },
  "g= that is empty, which is no limit": { entry: `g=; ${P}`, verdict: PASS },
  "g= of From if there is a Sender": {
    message: withSender("owner@example.com"),
    tags: { h: "Sender:From" },
    entry: `g=alice; ${P}`,
    verdict: "L fail (bad sender)",
  },
};

for (const [name, row] of Object.entries(ROWS)) {
  const [words] = row.verdict.split(":");
  Deno.test(`\`VerifyPass\` says ${words} of DomainKeys with ${name}`, async () => {
    const { message = MESSAGE, tags, pem, change, entry = P, options } = row;
    const signed = signDomainKeys(message, tags, pem);
    const domain = tags?.["d"] ?? "example.com";
    const { domainKeys } = await verify(change?.(signed) ?? signed, {
      zone: new Zone({
        [KEY_NAME.replace("example.com", domain)]: entry,
      }),
      ...(options === undefined ? {} : { options }),
    });
    assertEquals(brief(domainKeys), row.verdict);
  });
}

Deno.test("the rows reach every status of DomainKeys but the library's own H and I", () => {
  const letters = Object.values(ROWS).map(({ verdict }) => verdict[0]!);
  const all = Object.values(DOMAINKEYS_LETTERS).map(({ letter }) => letter);
  // No resources and bad arguments: nothing that a sender can bring about.
  assertEquals([...new Set(["H", "I", ...letters])].sort(), [...all].sort());
});
