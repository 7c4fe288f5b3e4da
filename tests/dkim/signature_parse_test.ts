// parseDkimSignature(): each tag of RFC 6376 section 3.5, missing, wrong and at its bounds, and what
// is left of the field when b= is emptied.

import { assertEquals } from "@std/assert";
import {
  DKIM_SIGNATURE,
  type DkimSignature,
  parseDkimSignature,
} from "../../lib/dkim/signature.ts";
import { MAX_SIGNED_FIELDS } from "../../lib/dkim/signature_tags.ts";
import type { DkimStatus } from "../../lib/dkim/status.ts";
import { toOctets, toText } from "../../lib/message/octets.ts";

/** The fewest tags there can be. */
const TAGS: Record<string, string> = {
  v: "1",
  a: "rsa-sha256",
  d: "example.com",
  s: "default",
  h: "From:To",
  bh: "SEFTSA==",
  b: "U0lHTg==",
};

const MISSING = undefined;
type Changes = Record<string, string | undefined>;

Deno.test("`parseDkimSignature()` reads the fewest tags there can be", () => {
  const signature = read(fieldOf({}));
  const { unsigned, bodyHash, signature: octets, ...parameters } = signature;
  assertEquals(parameters, {
    algorithm: "rsa-sha256",
    headerCanonicalization: "simple",
    bodyCanonicalization: "simple",
    domain: "example.com",
    selector: "default",
    signedFields: ["From", "To"],
    agent: { localPart: "", domain: "example.com" },
  });
  assertEquals(toText(bodyHash), "HASH");
  assertEquals(toText(octets), "SIGN");
  assertEquals(unsigned.raw, fieldOf({ b: "" }));
});

/** Other tags, and what is read out of them. */
const ACCEPTED: Record<string, [Changes, Partial<DkimSignature>]> = {
  "rsa-sha1, for policy to judge": [{ a: "rsa-sha1" }, {
    algorithm: "rsa-sha1",
  }],
  "ed25519-sha256": [{ a: "ed25519-sha256" }, { algorithm: "ed25519-sha256" }],
  "c= of one half, the body simple": [{ c: "relaxed" }, {
    headerCanonicalization: "relaxed",
    bodyCanonicalization: "simple",
  }],
  "c= of two halves": [{ c: "simple/relaxed" }, {
    headerCanonicalization: "simple",
    bodyCanonicalization: "relaxed",
  }],
  "t= and x= one second apart": [{ t: "5", x: "6" }, {
    timestamp: 5,
    expiration: 6,
  }],
  "t= of 0": [{ t: "0" }, { timestamp: 0 }],
  "x= of 0 without t=": [{ x: "0" }, { expiration: 0 }],
  "x= of more digits than a number holds": [{ x: "9".repeat(76) }, {
    expiration: 1e76,
  }],
  "leading zeros": [{ t: "007" }, { timestamp: 7 }],
  "l= of 0": [{ l: "0" }, { bodyLength: 0 }],
  "l= of 76 digits": [{ l: "1" + "0".repeat(75) }, { bodyLength: 1e75 }],
  "i= of the domain": [{ i: "@example.com" }, { identity: "@example.com" }],
  "i= of a subdomain": [{ i: "joe@a.b.Example.COM" }, {
    identity: "joe@a.b.Example.COM",
  }],
  "i= with two at signs": [{ i: '"a@b"@example.com' }, {
    identity: '"a@b"@example.com',
  }],
  "i= in a fold": [{ i: "@sub\n .example.com" }, {
    identity: "@sub\n .example.com",
  }],
  "q= of dns/txt": [{ q: "dns/txt" }, {}],
  "q= with dns/txt among others": [{ q: "x-other : dns/txt" }, {}],
  "h= in folds": [{ h: "to :\n from: \n\tCc" }, {
    signedFields: ["to", "from", "Cc"],
  }],
  "h= with a name that occurs again": [{ h: "from:From:FROM" }, {
    signedFields: ["from", "From", "FROM"],
  }],
  "a= in capitals": [{ a: "RSA-SHA256" }, { algorithm: "rsa-sha256" }],
  "c= in capitals": [{ c: "Relaxed" }, { headerCanonicalization: "relaxed" }],
  "q= in capitals": [{ q: "DNS/TXT" }, {}],
  "empty names in h=": [{ h: ":From::To:" }, { signedFields: ["From", "To"] }],
  "U-labels in d=, s= and i=": [
    {
      d: "b\xc3\xbccher.Example",
      s: "\xc3\xbc",
      i: "\xc3\xbc@\xc3\xbc.b\xc3\xbccher.example",
    },
    {
      domain: "xn--bcher-kva.Example",
      selector: "xn--tda",
      agent: {
        localPart: "\xc3\xbc",
        domain: "xn--tda.xn--bcher-kva.example",
      },
    },
  ],
  "i= in quoted-printable": [{ i: "a=40b=3d=\n c=C3=BC@=65xample.com" }, {
    agent: { localPart: "a@b==c\xc3\xbc", domain: "example.com" },
  }],
  "unknown tags of UTF-8 and with a hyphen": [
    { "x-y": "\xc3\xbc", z: "\xc3\xbc" },
    {},
  ],
  "d= in capitals": [{ d: "Example.COM" }, { domain: "Example.COM" }],
  "a selector of several labels": [{ s: "a.b_c.d-e" }, {
    selector: "a.b_c.d-e",
  }],
  "a domain of 253 octets": [{ d: domainOf(253) }, { domain: domainOf(253) }],
  "tags that are unknown": [{ unknown: "x", z: "From:a|To:b", r: "y" }, {}],
  "b= and bh= in folds": [{ bh: "SEF\n TSA\n\t==", b: " U0\tlHTg==\n " }, {}],
  "b= with octets after its padding, as OpenDKIM's tool leaves them": [
    { b: "U0lHTg==CsAWbWw==" },
    {},
  ],
  "b= and bh= without padding": [{ bh: "SEFTSA", b: "U0lHTg" }, {}],
};

for (const [name, [changes, expected]] of Object.entries(ACCEPTED)) {
  Deno.test(`\`parseDkimSignature()\` takes ${name}`, () => {
    const signature = read(fieldOf(changes));
    assertEquals({ ...signature, ...expected }, signature);
    assertEquals(toText(signature.bodyHash), "HASH");
    assertEquals(toText(signature.signature), "SIGN");
  });
}

/** RFC 6376 section 6.1.1: any of these is "PERMFAIL (signature syntax error)". */
const BAD_SYNTAX: Record<string, Changes> = {
  "no v=": { v: MISSING },
  "no a=": { a: MISSING },
  "no d=": { d: MISSING },
  "no s=": { s: MISSING },
  "no h=": { h: MISSING },
  "no bh=": { bh: MISSING },
  "no b=": { b: MISSING },
  "an empty a=": { a: "" },
  "an unknown a=": { a: "rsa-md5" },
  "a= with white space inside": { a: "rsa- sha256" },
  "an empty c=": { c: "" },
  "an unknown c=": { c: "nofws" },
  "an unknown second half of c=": { c: "relaxed/nofws" },
  "an empty second half of c=": { c: "relaxed/" },
  "three halves of c=": { c: "simple/simple/simple" },
  "an empty d=": { d: "" },
  "d= with an empty label": { d: "example..com" },
  "d= with a dot at its end": { d: "example.com." },
  "d= with a dot at its start": { d: ".example.com" },
  "d= with a slash": { d: "../example.com" },
  "d= with white space": { d: "exam ple.com" },
  "d= with a label of 64 octets": { d: "x".repeat(64) + ".com" },
  "d= of 254 octets": { d: domainOf(254) },
  "d= that is an address literal": { d: "[192.0.2.1]" },
  "an empty s=": { s: "" },
  "s= with a slash": { s: "a/b" },
  "s= with an empty label": { s: "a..b" },
  "an empty h=": { h: "" },
  "h= without From": { h: "To:Subject" },
  "h= with From in another name": { h: "Resent-From:X-From" },
  "h= with a name of UTF-8": { h: "From:\xc3\xa9" },
  "h= with a no-break space beside a name": { h: "\xa0From" },
  "h= of empty names": { h: "::" },
  "d= that is not UTF-8": { d: "b\xfccher.example" },
  "d= with a slash beside UTF-8": { d: "example.com/\xc3\xbc" },
  "i= with an at sign that is quoted alone": { i: "alice=40example.com" },
  "i= with another domain in quoted-printable": { i: "@=62xample.com" },
  "an empty domain after the at sign of i=": { i: "alice@" },
  "h= with white space in a name": { h: "From:Reply To" },
  "h= with From broken by white space": { h: "Fr om:To" },
  "an empty bh=": { bh: "" },
  "bh= that is no base64": { bh: "SEFTSA=x" },
  "bh= of white space": { bh: " \n " },
  "an empty b=": { b: "" },
  "b= that is no base64": { b: "U0lH*g==" },
  "bh= with octets after its padding": { bh: "SEFTSA==SEFTSA==" },
  "an empty t=": { t: "" },
  "a negative t=": { t: "-1" },
  "t= with a sign": { t: "+1" },
  "t= with a fraction": { t: "1.5" },
  "t= in hexadecimal": { t: "0x10" },
  "t= with an exponent": { t: "1e3" },
  "t= with white space inside": { t: "1 000" },
  "an empty x=": { x: "" },
  "x= that is no number": { x: "soon" },
  "x= of 77 digits": { x: "1".repeat(77) },
  "x= of the same second as t=": { t: "5", x: "5" },
  "x= before t=": { t: "2000000000", x: "1999999999" },
  "an empty l=": { l: "" },
  "a negative l=": { l: "-1" },
  "l= of 77 digits": { l: "0".repeat(77) },
  "an empty i=": { i: "" },
  "i= without an at sign": { i: "example.com" },
  "i= of another domain": { i: "@example.net" },
  "i= of a parent domain": { d: "sub.example.com", i: "@example.com" },
  "i= of a domain that ends the same": { i: "@notexample.com" },
  "i= with its domain in front": { i: "@example.com@example.net" },
  "i= with an empty label": { i: "@.example.com" },
  "i= with a hostile domain": { i: "@a/b.example.com" },
  "an empty q=": { q: "" },
  "q= without dns/txt": { q: "dns" },
  "an unknown q=": { q: "http/get" },
};

for (const [name, changes] of Object.entries(BAD_SYNTAX)) {
  Deno.test(`\`parseDkimSignature()\` says bad syntax for ${name}`, () => {
    assertEquals(parse(changes), "badSyntax");
  });
}

Deno.test("`parseDkimSignature()` says bad version for another v=, whatever else is wrong", () => {
  for (const v of ["2", "0", "", "1.0", "01", "1 1", "DKIM1"]) {
    assertEquals(parse({ v }), "badVersion", v);
    assertEquals(parse({ v, d: MISSING, c: "later" }), "badVersion", v);
  }
});

Deno.test("`parseDkimSignature()` says bad syntax for a bad tag list", () => {
  for (const end of ["; v=1", "; b=U0lHTg==", ";;", "; x", "; y=\x01"]) {
    const field = { name: DKIM_SIGNATURE, raw: fieldOf({}) + end };
    assertEquals(parseDkimSignature(field), "badSyntax", end);
  }
  const empty = { name: DKIM_SIGNATURE, raw: `${DKIM_SIGNATURE}:` };
  assertEquals(parseDkimSignature(empty), "badSyntax");
});

Deno.test("`parseDkimSignature()` takes 1000 names in h=, and not one more", () => {
  const names = Array.from({ length: MAX_SIGNED_FIELDS }, (_, n) => `X${n}`);
  names[500] = "From";
  const signature = read(fieldOf({ h: names.join(":") }));
  assertEquals(signature.signedFields, names);
  assertEquals(parse({ h: [...names, "To"].join(":") }), "badSyntax");
});

const REST = "v=1; a=rsa-sha256; d=d; s=s; h=from; bh=SEFTSA==";

/** A field, and what is left of it when the value of b= is gone "including all surrounding white space". */
const EMPTIED: Record<string, [raw: string, unsigned: string]> = {
  "at the end": [`D: ${REST}; b=U0lHTg==`, `D: ${REST}; b=`],
  "before a last semicolon": [`D: ${REST}; b=U0lHTg==;`, `D: ${REST}; b=;`],
  "in the middle": [`D: b=U0lHTg==; ${REST}`, `D: b=; ${REST}`],
  "in folds": [
    `D: ${REST};\n\tb = \n\tU0lH\n Tg==\n ; q=dns/txt`,
    `D: ${REST};\n\tb =; q=dns/txt`,
  ],
  "before a last fold": [`D: ${REST}; b=U0lHTg==\n\t`, `D: ${REST}; b=`],
  "and nothing of bh=": [
    `D: bh=U0lHTg==; b=U0lHTg==; ${REST.replace("; bh=SEFTSA==", "")}`,
    `D: bh=U0lHTg==; b=; ${REST.replace("; bh=SEFTSA==", "")}`,
  ],
  "and nothing of another tag": [
    `D: ab=b=x; ${REST}; b=U0lHTg==; B=b=y; y=b=z`,
    `D: ab=b=x; ${REST}; b=; B=b=y; y=b=z`,
  ],
  "in a field with white space before its colon": [
    `D \t:b=U0lHTg==;${REST}`,
    `D \t:b=;${REST}`,
  ],
};

for (const [name, [raw, unsigned]] of Object.entries(EMPTIED)) {
  Deno.test(`\`parseDkimSignature()\` empties b= ${name}`, () => {
    const signature = read(raw);
    assertEquals(signature.unsigned.raw, unsigned);
    assertEquals(toText(signature.signature), "SIGN");
  });
}

Deno.test("`parseDkimSignature()` reads the example of RFC 6376 section 3.5", () => {
  const value = ` v=1; a=rsa-sha256; d=example.net; s=brisbane;
   c=simple; q=dns/txt; i=@eng.example.net;
   t=1117574938; x=1118006938;
   h=from:to:subject:date;
   z=From:foo@eng.example.net|To:joe@example.com|
    Subject:demo=20run|Date:July=205,=202005=203:44:08=20PM=20-0700;
   bh=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=;
   b=`;
  const b = "dzdVyOfAKCdLXdJOc9G2q8LoXSlEniSbav+yuU4zGeeruD00lszZVoG4ZHRNiYzR";
  const field = { name: DKIM_SIGNATURE, raw: `${DKIM_SIGNATURE}:${value}${b}` };
  assertEquals(parseDkimSignature(field), {
    algorithm: "rsa-sha256",
    headerCanonicalization: "simple",
    bodyCanonicalization: "simple",
    domain: "example.net",
    selector: "brisbane",
    identity: "@eng.example.net",
    agent: { localPart: "", domain: "eng.example.net" },
    timestamp: 1117574938,
    expiration: 1118006938,
    signedFields: ["from", "to", "subject", "date"],
    bodyHash: toOctets("12345678901234567890123456789012"),
    signature: Uint8Array.fromBase64(b),
    unsigned: { name: DKIM_SIGNATURE, raw: `${DKIM_SIGNATURE}:${value}` },
  });
});

/** The field with these tags in place of others. */
function fieldOf(changes: Changes): string {
  const tags = Object.entries({ ...TAGS, ...changes })
    .filter(([, value]) => value !== MISSING)
    .map(([name, value]) => `${name}=${value}`);
  return `${DKIM_SIGNATURE}: ${tags.join("; ")}`;
}

function read(raw: string): DkimSignature {
  const signature = parseDkimSignature({ name: DKIM_SIGNATURE, raw });
  if (typeof signature === "string") throw new Error(`${signature}: ${raw}`);
  return signature;
}

function parse(changes: Changes): DkimSignature | DkimStatus {
  return parseDkimSignature({ name: DKIM_SIGNATURE, raw: fieldOf(changes) });
}

/** A domain of 250 octets or a few more. */
function domainOf(octets: number): string {
  const labels = `${"x".repeat(61)}.`.repeat(4);
  return labels + "y".repeat(octets - labels.length);
}
