// The canonicalizations of fields and bodies: the RFCs' examples, then every edge by name.

import { assertEquals } from "@std/assert";
import {
  nofwsField,
  relaxedField,
  simpleField,
} from "../../lib/message/canonicalization.ts";
import { parseHeader } from "../../lib/message/header.ts";
import { toOctets } from "../../lib/message/octets.ts";
import { canonicalizeBody, FORMS } from "../support/bodies.ts";
import { Random } from "../support/random.ts";
import * as reference from "../support/reference.ts";

/** A field, then its simple, relaxed and nofws form without their CRLF. */
type FieldRow = [raw: string, simple: string, relaxed: string, nofws: string];

const FIELDS: Record<string, FieldRow> = {
  "the first field of RFC 6376 section 3.4.5": ["A: X", "A: X", "a:X", "A:X"],
  "the second field of RFC 6376 section 3.4.5": [
    "B : Y\t\n\tZ  ",
    "B : Y\t\r\n\tZ  ",
    "b:Y Z",
    "B:YZ",
  ],
  "an empty field": ["A:", "A:", "a:", "A:"],
  "a field of white space": ["A: \t ", "A: \t ", "a:", "A:"],
  "a field of folds": ["A:\n \n\t", "A:\r\n \r\n\t", "a:", "A:"],
  "a name in capitals": [
    "SUBJect: AB c",
    "SUBJect: AB c",
    "subject:AB c",
    "SUBJect:ABc",
  ],
  "white space before the colon": ["A \t: b", "A \t: b", "a:b", "A:b"],
  "runs of white space": [
    "A:  b \t c\n  d ",
    "A:  b \t c\r\n  d ",
    "a:b c d",
    "A:bcd",
  ],
  "colons in the value": ["A: b : c", "A: b : c", "a:b : c", "A:b:c"],
  "a CR that ends no line": ["A: b\rc\r", "A: b\rc\r", "a:b\rc\r", "A:bc"],
  "octets that are no white space": [
    "A: \0\v\f\xa0\x85\xff",
    "A: \0\v\f\xa0\x85\xff",
    "a:\0\v\f\xa0\x85\xff",
    "A:\0\v\f\xa0\x85\xff",
  ],
};

for (const [name, [raw, simple, relaxed, nofws]] of Object.entries(FIELDS)) {
  Deno.test(`\`simpleField()\`, \`relaxedField()\` and \`nofwsField()\` write ${name}`, () => {
    const [field] = parseHeader(raw + "\n");
    assertEquals(simpleField(field!), simple + "\r\n");
    assertEquals(relaxedField(field!), relaxed + "\r\n");
    assertEquals(nofwsField(field!), nofws + "\r\n");
  });
}

Deno.test("`simpleField()`, `relaxedField()` and `nofwsField()` equal the RFCs written down", () => {
  const random = new Random(6);
  for (let round = 0; round < 20_000; round++) {
    const value = random.text("aB: \t\r|", 0, 12).replaceAll("|", "\n ");
    const header = `${random.pick(["A", "bC "])}:${value}\n`;
    const [field] = parseHeader(header.replaceAll("\r\n", "\n"));
    const [expected] = reference.fieldsOf(reference.linesOf(header));
    const note = `seed ${random.seed}, round ${round}: ${
      JSON.stringify(header)
    }`;
    assertEquals(simpleField(field!), reference.simpleField(expected!), note);
    assertEquals(relaxedField(field!), reference.relaxedField(expected!), note);
    assertEquals(nofwsField(field!), reference.nofwsField(expected!), note);
  }
});

/** A body, then DKIM's simple and relaxed form, and DomainKeys' simple and nofws form. */
type BodyRow = [
  body: string,
  dkimSimple: string,
  dkimRelaxed: string,
  domainKeysSimple: string,
  domainKeysNofws: string,
];

const BODIES: Record<string, BodyRow> = {
  "the body of RFC 6376 section 3.4.5": [
    " C \r\nD \t E\r\n\r\n\r\n",
    " C \r\nD \t E\r\n",
    " C\r\nD E\r\n",
    "\r\n C \r\nD \t E\r\n",
    "\r\nC\r\nDE\r\n",
  ],
  "an empty body": ["", "\r\n", "", "", ""],
  "one empty line": ["\n", "\r\n", "", "", ""],
  "empty lines": ["\n\n\n", "\r\n", "", "", ""],
  "one line": ["a\n", "a\r\n", "a\r\n", "\r\na\r\n", "\r\na\r\n"],
  "an unterminated line": ["a", "a\r\n", "a\r\n", "\r\na\r\n", "\r\na\r\n"],
  "trailing empty lines": [
    "a\n\n\n",
    "a\r\n",
    "a\r\n",
    "\r\na\r\n",
    "\r\na\r\n",
  ],
  "leading and inner empty lines": [
    "\n\na\n\n\nb\n",
    "\r\n\r\na\r\n\r\n\r\nb\r\n",
    "\r\n\r\na\r\n\r\n\r\nb\r\n",
    "\r\n\r\n\r\na\r\n\r\n\r\nb\r\n",
    "\r\n\r\n\r\na\r\n\r\n\r\nb\r\n",
  ],
  "a line of white space": [" \t\n", " \t\r\n", "", "\r\n \t\r\n", ""],
  "white space without a line end": [" ", " \r\n", "", "\r\n \r\n", ""],
  "trailing lines of white space": [
    "a\n \n\t\n",
    "a\r\n \r\n\t\r\n",
    "a\r\n",
    "\r\na\r\n \r\n\t\r\n",
    "\r\na\r\n",
  ],
  "inner lines of white space": [
    "a\n \t\nb\n",
    "a\r\n \t\r\nb\r\n",
    "a\r\n\r\nb\r\n",
    "\r\na\r\n \t\r\nb\r\n",
    "\r\na\r\n\r\nb\r\n",
  ],
  "white space at line starts and ends": [
    "  a  \n\tb\t\n",
    "  a  \r\n\tb\t\r\n",
    " a\r\n b\r\n",
    "\r\n  a  \r\n\tb\t\r\n",
    "\r\na\r\nb\r\n",
  ],
  "a CR that ends no line": [
    "a\rb\n\r\r\n",
    "a\rb\r\n\r\r\n",
    "a\rb\r\n\r\r\n",
    "\r\na\rb\r\n\r\r\n",
    "\r\nab\r\n",
  ],
  "octets that are no white space": [
    "\0\v\f\xa0\x85\xff \n",
    "\0\v\f\xa0\x85\xff \r\n",
    "\0\v\f\xa0\x85\xff\r\n",
    "\r\n\0\v\f\xa0\x85\xff \r\n",
    "\r\n\0\v\f\xa0\x85\xff\r\n",
  ],
  "lines that begin with dots": [
    ".\n..a\n",
    ".\r\n..a\r\n",
    ".\r\n..a\r\n",
    "\r\n.\r\n..a\r\n",
    "\r\n.\r\n..a\r\n",
  ],
};

for (const [name, [body, ...canonical]] of Object.entries(BODIES)) {
  Deno.test(`\`SimpleBody\`, \`RelaxedBody\` and \`NofwsBody\` write ${name}`, () => {
    const outputs = FORMS.map((form) =>
      canonicalizeBody(form, [toOctets(body)])
    );
    assertEquals(outputs, canonical);
  });
}
