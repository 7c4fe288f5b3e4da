// The DomainKey-Signature field: each tag of RFC 4870 section 3.3, missing and wrong, the form of a
// new field, and which fields of a header are signed.

import { assertEquals } from "@std/assert";
import {
  DOMAINKEY_SIGNATURE,
  type DomainKeysParameters,
  type DomainKeysSignature,
  formatDomainKeysHeader,
  formatDomainKeysSignature,
  parseDomainKeysSignature,
} from "../../lib/domainkeys/signature.ts";
import type { DomainKeysStatus } from "../../lib/domainkeys/status.ts";
import { parseHeader } from "../../lib/message/header.ts";
import { toOctets } from "../../lib/message/octets.ts";
import { appendBase64 } from "../../lib/message/tag_list.ts";
import { assertInverse } from "../support/laws.ts";
import { Random } from "../support/random.ts";
import * as reference from "../support/reference.ts";

/** The fewest tags there can be. */
const TAGS: Record<string, string> = {
  c: "nofws",
  d: "example.com",
  s: "default",
  b: "U0lHTg==",
};

const MISSING = undefined;
type Changes = Record<string, string | undefined>;

const READ: DomainKeysSignature = {
  canonicalization: "nofws",
  domain: "example.com",
  selector: "default",
  signature: toOctets("SIGN"),
};

/** Other tags, and what is read out of them. */
const ACCEPTED: Record<string, [Changes, Partial<DomainKeysSignature>]> = {
  "the fewest tags there can be": [{}, {}],
  "c= of simple": [{ c: "simple" }, { canonicalization: "simple" }],
  "a= and q= as they always are": [{ a: "rsa-sha1", q: "dns" }, {}],
  "h=": [{ h: "From:To" }, { signedFields: ["From", "To"] }],
  "h= in folds": [{ h: "From :\n To\n\t:Cc" }, {
    signedFields: ["From", "To", "Cc"],
  }],
  "h= with names that occur again": [{ h: "Received:RECEIVED:From" }, {
    signedFields: ["Received", "RECEIVED", "From"],
  }],
  "h= with empty names, which name no line": [{ h: ":From::To:" }, {
    signedFields: ["From", "To"],
  }],
  "an empty h=": [{ h: "" }, { signedFields: [] }],
  "tags that are unknown": [{ z: "1", x: "2", t: "y" }, {}],
  "b= in folds": [{ b: " U0lH\n\tTg==\n " }, {}],
  "b= without padding": [{ b: "U0lHTg" }, {}],
  "a selector of several labels": [{ s: "a.b_c" }, { selector: "a.b_c" }],
  "d= in capitals": [{ d: "Example.COM" }, { domain: "Example.COM" }],
};

for (const [name, [changes, read]] of Object.entries(ACCEPTED)) {
  Deno.test(`\`parseDomainKeysSignature()\` takes ${name}`, () => {
    assertEquals(parse(changes), { ...READ, ...read });
  });
}

const REFUSED: Record<string, [Changes, DomainKeysStatus]> = {
  "no d=": [{ d: MISSING }, "noSignature"],
  "no s=": [{ s: MISSING }, "noSignature"],
  "no b=": [{ b: MISSING }, "noSignature"],
  "an empty d=": [{ d: "" }, "noSignature"],
  "an empty s=": [{ s: "" }, "noSignature"],
  "an empty b=": [{ b: " " }, "noSignature"],
  "no c=": [{ c: MISSING }, "syntax"],
  "no c= and no d=": [{ c: MISSING, d: MISSING }, "noSignature"],
  "c= of DKIM": [{ c: "relaxed" }, "syntax"],
  "two halves of c=": [{ c: "simple/simple" }, "syntax"],
  "another a=": [{ a: "rsa-sha256" }, "syntax"],
  "an empty a=": [{ a: "" }, "syntax"],
  "another q=": [{ q: "dns/txt" }, "arguments"],
  "b= that is no base64": [{ b: "U0lH*g==" }, "syntax"],
  "d= with a slash": [{ d: "../example.com" }, "syntax"],
  "d= with an empty label": [{ d: "example..com" }, "syntax"],
  "s= with white space": [{ s: "de fault" }, "syntax"],
  "a tag twice": [{ "c=nofws; c": "nofws" }, "syntax"],
  "a tag without a name": [{ "": "x" }, "syntax"],
  "a name in capitals": [{ S: "default" }, "syntax"],
  "octets that are not ASCII": [{ d: "ex\xe4mple.com" }, "syntax"],
};

for (const [name, [changes, status]] of Object.entries(REFUSED)) {
  Deno.test(`\`parseDomainKeysSignature()\` says ${status} for ${name}`, () => {
    assertEquals(parse(changes), status);
  });
}

Deno.test("`formatDomainKeysSignature()` writes a q c s d h b", () => {
  const parameters: DomainKeysParameters = {
    canonicalization: "nofws",
    domain: "example.com",
    selector: "default",
  };
  assertEquals(
    formatDomainKeysSignature(parameters).raw,
    "DomainKey-Signature: a=rsa-sha1; q=dns; c=nofws; s=default; d=example.com; b=",
  );
  assertEquals(
    formatDomainKeysSignature({
      ...parameters,
      canonicalization: "simple",
      signedFields: ["From", "To"],
    }).raw,
    "DomainKey-Signature: a=rsa-sha1; q=dns; c=simple; s=default; d=example.com;\n" +
      "\th=From:To; b=",
  );
});

Deno.test("`parseDomainKeysSignature()` reads what `formatDomainKeysSignature()` writes", () =>
  assertInverse(
    makeSignature,
    ({ signature, ...parameters }) =>
      appendBase64(
        formatDomainKeysSignature(parameters).raw,
        signature.toBase64(),
      ),
    (raw) => parseDomainKeysSignature({ name: DOMAINKEY_SIGNATURE, raw }),
    { seed: 30, rounds: 3000 },
  ));

const HEADER = parseHeader(
  "Received: 1\nTo: a\nX: b\nto : c\n\td\njunk\nFrom: e\nRECEIVED: 2\n",
);

/** The names in h=, and which fields are hashed for them. */
const SELECTIONS: Record<string, [names: string[] | undefined, string[]]> = {
  "a field": [["From"], ["From: e"]],
  "every instance of a name": [["to"], ["To: a", "to : c\r\n\td"]],
  "fields in the order of the message, each once": [
    ["From", "received", "X", "Received", "from"],
    ["Received: 1", "X: b", "From: e", "RECEIVED: 2"],
  ],
  "nothing for a name that is not there": [["Subject", "From"], ["From: e"]],
  "nothing for no name": [[], []],
  "every line where there is no h=": [
    undefined,
    HEADER.map(({ raw }) => raw.replaceAll("\n", "\r\n")),
  ],
};

for (const [name, [signedFields, hashed]] of Object.entries(SELECTIONS)) {
  Deno.test(`\`formatDomainKeysHeader()\` takes ${name}`, () => {
    assertEquals(
      formatDomainKeysHeader(HEADER, {
        canonicalization: "simple",
        domain: "d",
        selector: "s",
        ...(signedFields === undefined ? {} : { signedFields }),
      }),
      hashed.map((raw) => raw + "\r\n").join(""),
    );
  });
}

for (const canonicalization of ["simple", "nofws"] as const) {
  Deno.test(`\`formatDomainKeysHeader()\` with ${canonicalization} equals RFC 4870 section 3.4.2 written down`, () => {
    const random = new Random(31);
    const signedFields = ["b", "A", "a", "ab"];
    for (let round = 0; round < 5000; round++) {
      const header =
        random.text(["a", "b", "a:", "B:", " ", "\n", "\n"], 2, 24) + "\n";
      assertEquals(
        formatDomainKeysHeader(parseHeader(header), {
          canonicalization,
          domain: "d",
          selector: "s",
          signedFields,
        }),
        reference.domainKeysHeader(
          reference.fieldsOf(reference.linesOf(header)),
          signedFields,
          canonicalization === "simple"
            ? reference.simpleField
            : reference.nofwsField,
        ),
        `seed ${random.seed}, round ${round}: ${JSON.stringify(header)}`,
      );
    }
  });
}

function parse(changes: Changes): DomainKeysSignature | DomainKeysStatus {
  const tags = Object.entries({ ...TAGS, ...changes })
    .filter(([, value]) => value !== MISSING)
    .map(([name, value]) => `${name}=${value}`);
  const raw = `${DOMAINKEY_SIGNATURE}: ${tags.join("; ")}`;
  return parseDomainKeysSignature({ name: DOMAINKEY_SIGNATURE, raw });
}

function makeSignature(random: Random): DomainKeysSignature {
  const letters = "abcxyzABCXYZ0189-_";
  const names = Array.from(
    { length: 1 + random.below(40) },
    () => random.text(letters, 1, 30),
  );
  return {
    canonicalization: random.pick(["simple", "nofws"]),
    domain: [1, 2, 3].map(() => random.text(letters, 1, 40)).join("."),
    selector: random.text(letters, 1, 63),
    signature: toOctets(random.text("\0ab\xff", 1, 200)),
    ...(random.oneIn(2) ? { signedFields: names } : {}),
  };
}
