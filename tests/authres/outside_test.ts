// cameFromOutside(): what our own Authentication-Results field says of From, however it is written,
// and what no other field says.

import { assertEquals } from "@std/assert";
import { parseHeader } from "../../lib/message/header.ts";
import { encodeUtf8 } from "../../lib/message/octets.ts";
import {
  AUTHENTICATION_RESULTS,
  formatAuthenticationResults,
} from "../../lib/authres/authentication_results.ts";
import { cameFromOutside } from "../../lib/authres/outside.ts";
import { fuzz } from "../support/fuzz.ts";
import { Random } from "../support/random.ts";

const HOST = "mx.example.net";

/** Values of one field, in which From is of example.com. */
const SAME: Record<string, string> = {
  "as we write it":
    ` ${HOST}; domainkeys=pass (ok) header.from=example.com; dkim=none`,
  "after another method": ` ${HOST}; dkim=pass header.d=a.example;\n` +
    "\tdomainkeys=fail (bad sig)\n\theader.from=example.com",
  "beside a Sender":
    ` ${HOST}; domainkeys=pass header.sender=a.example header.from=example.com`,
  "in another case": ` ${HOST}; x=y HEADER.From=Example.COM`,
  "quoted": ` ${HOST}; x=y header.from="example.com"`,
  "with quoted pairs": ` ${HOST}; x=y header.from="ex\\ample\\.com"`,
  "as an address": ` ${HOST}; x=y header.from=ann@example.com`,
  "as a quoted address": ` ${HOST}; x=y header.from="a@b@example.com"`,
  "with comments around every part":
    ` ${HOST}(a);(b)x=y(c)header(d).(e(f))from(g)=(h)example.com(i)`,
  "with folds around every part":
    ` ${HOST}\n ;\n x\n =y\n header\n .\n from\n =\n example.com\n `,
  "with white space on one side of the dot":
    ` ${HOST}; x=y header. from=example.com`,
  "after a comment with a parenthesis":
    ` ${HOST}; x=y (a \\) b) header.from=example.com`,
  "after a value in quotes":
    ` ${HOST}; x=y header.d="a;=(b" header.from=example.com`,
  "after another one": ` ${HOST}; x=y header.from=example.org;` +
    " z=y header.from=example.com",
  "in a quoted string that is not closed":
    ` ${HOST}; x=y header.from="example.com`,
  "for a host in quotes": ` "${HOST}" 1; x=y header.from=example.com`,
};

/** Values without any From: it was of no use then. */
const NONE: Record<string, string> = {
  "has none": ` ${HOST}; domainkeys=neutral (bad format); dkim=none`,
  "has nothing at all": ` ${HOST}; none`,
  "has one in a comment alone": ` ${HOST}; x=y (header.from=example.org)`,
  "has one in another value alone":
    ` ${HOST}; x=y header.d="; z=y header.from=example.org"`,
  "has one in a comment that is not closed":
    ` ${HOST}; x=y (header.from=example.org`,
  "has one without a value": ` ${HOST}; x=y header.from=; z=y`,
};

/** Values in which it is another one, or another host's. */
const OTHER: Record<string, string> = {
  "names another domain": ` ${HOST}; x=y header.from=example.org`,
  "names a domain below it": ` ${HOST}; x=y header.from=a.example.com`,
  "names a domain above it": ` ${HOST}; x=y header.from=com`,
  "has another property with it":
    ` ${HOST}; x=y header.from=example.org header.d=example.com` +
    " header.fromx=example.com xheader.from=example.com smtp.from=example.com",
  "has it in a comment":
    ` ${HOST}; x=y header.from=example.org (header.from=example.com)`,
  "has it in another value": ` ${HOST}; x=y header.from=example.org` +
    ' header.d="; z=y header.from=example.com"',
  "is another host's": " mx.example.org; x=y header.from=example.com",
};

for (const [name, value] of Object.entries(SAME)) {
  Deno.test(`\`cameFromOutside()\` says yes to a From that our field has ${name}`, () => {
    assertEquals(asked(`Authentication-Results:${value}\n`), true);
    assertEquals(asked(`AUTHENTICATION-results :${value}\n`), true);
  });
}

for (const [name, value] of Object.entries(NONE)) {
  Deno.test(`\`cameFromOutside()\` says yes to any From where our field ${name}`, () => {
    assertEquals(asked(`Authentication-Results:${value}\n`), true);
  });
}

for (const [name, value] of Object.entries(OTHER)) {
  Deno.test(`\`cameFromOutside()\` says no where a field ${name}`, () => {
    assertEquals(asked(`Authentication-Results:${value}\n`), false);
  });
}

Deno.test("`cameFromOutside()` says yes where one of our fields has From", () => {
  const field = (domain: string, host = HOST) =>
    `Authentication-Results: ${host}; x=y header.from=${domain}\n`;
  const none = `Authentication-Results: ${HOST}; spf=pass\n`;
  const other = field("example.org");
  assertEquals(asked(other + field("example.com")), true);
  assertEquals(asked(other + field("example.com", "mx.example.org")), false);
  assertEquals(asked(none + other), false);
  assertEquals(asked(none + field("example.com")), true);
});

Deno.test("`cameFromOutside()` compares A-labels", () => {
  const field = (domain: string) =>
    `Authentication-Results: ${HOST}; x=y header.from=${domain}\n`;
  const uLabels = encodeUtf8("B\u00dcCHER.example");
  const aLabels = "xn--bcher-kva.Example";
  for (const from of [uLabels, aLabels]) {
    assertEquals(asked(field(aLabels), from), true);
    assertEquals(asked(field(`"${uLabels}"`), from), true);
    assertEquals(asked(field("bucher.example"), from), false);
  }
  assertEquals(asked(field('"[192.0.2.1]"'), "[192.0.2.1]"), true);
});

Deno.test("`cameFromOutside()` does not ask for our name without a field", () => {
  const never = () => {
    throw new Error("asked");
  };
  const fields = parseHeader("ARC-Authentication-Results: x\nFrom: a@b.c\n");
  assertEquals(cameFromOutside(fields, "b.c", never), false);
});

Deno.test("`cameFromOutside()` finds what we have written, whatever it is", () => {
  const random = new Random(51);
  const text = () => `a${random.text('ab.@"\\(); =header.from', 0, 12)}`.trim();
  for (let round = 0; round < 5000; round++) {
    const fromDomain = text();
    const { raw } = formatAuthenticationResults(HOST, [
      {
        method: "dkim",
        result: "fail",
        reason: text(),
        properties: [["header.d", text()]],
      },
      {
        method: "domainkeys",
        result: "fail",
        reason: text(),
        properties: [["header.from", fromDomain]],
      },
    ]);
    // Of an address it is what stands after the at sign.
    const domain = fromDomain.slice(fromDomain.lastIndexOf("@") + 1);
    const answers = [
      asked(`${raw}\n`, domain),
      asked(`${raw}\n`, `x${domain}`),
    ];
    assertEquals(answers, [true, false], `seed ${random.seed}: ${raw}`);
  }
});

fuzz({
  name: "cameFromOutside",
  parse: (value) =>
    cameFromOutside(
      [{
        name: AUTHENTICATION_RESULTS,
        raw: `${AUTHENTICATION_RESULTS}:${value}`,
      }],
      "example.com",
      () => HOST,
    ),
  seeds: [
    ...Object.values(SAME),
    ...Object.values(NONE),
    ...Object.values(OTHER),
  ],
  frames: [[` ${HOST}; x=y header.from=`, ""], [` ${HOST}; (`, ")"]],
}, 52);

function asked(header: string, fromDomain = "example.com"): boolean {
  return cameFromOutside(parseHeader(header), fromDomain, () => HOST);
}
