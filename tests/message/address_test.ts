// parseAddressList(): the forms of RFC 5322 sections 3.4 and 4.4, and what is malformed.

import { assertEquals } from "@std/assert";
import { parseAddressList } from "../../lib/message/address.ts";

/** Every spelling of alice@example.com. */
const FORMS: Record<string, string> = {
  "an address alone": "alice@example.com",
  "white space around it": " \talice@example.com ",
  "angle brackets": "<alice@example.com>",
  "a display name": "Alice Ex <alice@example.com>",
  "no space before the bracket": "Alice<alice@example.com>",
  "a quoted display name with a comma and brackets":
    '"Example, <mallory@example.net>" <alice@example.com>',
  "an address as quoted display name": '"foo@bar.com" <alice@example.com>',
  "an address as bare display name, common though illegal":
    "foo@bar.com <alice@example.com>",
  "a display name with dots": "J. R. Ex <alice@example.com>",
  "an encoded word": "=?utf-8?q?a=2Cb=40c?= <alice@example.com>",
  "an 8-bit display name in Latin-1": "J\xf6rg <alice@example.com>",
  "an 8-bit display name in UTF-8": "J\xc3\xb6rg <alice@example.com>",
  "a comment before": "(Alice) alice@example.com",
  "a comment after": "alice@example.com (Alice)",
  "a comment after the brackets": "<alice@example.com> (Alice)",
  "nested comments": "(a (b (c) d) e) <alice@example.com (f())>",
  "a comment with quoted parentheses": "(a \\) b \\( c) alice@example.com",
  "a comment with brackets, quote and comma":
    '(<mallory@example.net>, ") alice@example.com',
  "an empty comment": "()alice@example.com()",
  "a folded value": "\n Alice\n\t<alice@example.com>",
  "a value folded with CRLF": "\r\n Alice\r\n <alice@example.com>",
  "an obsolete domain with spaces": "alice @ example . com",
  "an obsolete route": "<@a.example,@b.example:alice@example.com>",
  "a group with one address": "Team: alice@example.com;",
};

for (const [name, value] of Object.entries(FORMS)) {
  Deno.test(`\`parseAddressList()\` reads ${name}`, () => {
    assertEquals(addressesIn(value), ["alice @ example.com"]);
  });
}

/** A field, and the addresses in it: local part, at sign between spaces, domain. */
const ROWS: Record<string, [value: string, ...addresses: string[]]> = {
  "an 8-bit local part": [
    "j\xc3\xb6rg@example.com",
    "j\xc3\xb6rg @ example.com",
  ],
  "comments between all words": [
    "(a) alice (b) . (c) ex (d) @ (e) example (f) . (g) com (h)",
    "alice.ex @ example.com",
  ],
  "a dot-atom of all its characters": [
    "a.!#$%&'*+-/=?^_`{|}~@example.com",
    "a.!#$%&'*+-/=?^_`{|}~ @ example.com",
  ],
  "a quoted local part": ['"alice ex"@example.com', "alice ex @ example.com"],
  "a quoted local part with an at sign": [
    '"a@b, <c>"@example.com',
    "a@b, <c> @ example.com",
  ],
  "a quoted local part with quoted pairs": [
    '"a\\"b\\\\c"@example.com',
    'a"b\\c @ example.com',
  ],
  "a folded quoted local part": ['"a\n b"@example.com', "a b @ example.com"],
  "an empty quoted local part": ['""@example.com', " @ example.com"],
  "an obsolete local part of words": [
    'a . "b c" .d@example.com',
    "a.b c.d @ example.com",
  ],
  "a domain literal": ["alice@[192.0.2.1]", "alice @ [192.0.2.1]"],
  "a domain literal with specials": [
    "alice@[IPv6:2001:db8::1,<\\]>]",
    "alice @ [IPv6:2001:db8::1,<\\]>]",
  ],
  "a domain of one label": ["alice@localhost", "alice @ localhost"],
  "a domain as written": ["alice@Example.COM", "alice @ Example.COM"],
  "a domain with an underscore": ["a@b_c.example", "a @ b_c.example"],
  "several addresses": [
    "alice@example.com, Bob <bob@example.net>,carol@example.org",
    "alice @ example.com",
    "bob @ example.net",
    "carol @ example.org",
  ],
  "empty places in a list": [
    ",, alice@example.com , ,bob@example.net,,",
    "alice @ example.com",
    "bob @ example.net",
  ],
  "nothing": [""],
  "commas alone": [" , ,"],
  "a comment alone": ["(nobody)"],
  "an empty group": ["undisclosed-recipients:;"],
  "an empty group with a comment": ['"Some one" else : (none) ;'],
  "a group with several": [
    'Team One: alice@example.com, "B" <bob@example.net>, ;',
    "alice @ example.com",
    "bob @ example.net",
  ],
  "a group among addresses": [
    "a@example.com, Team: b@example.net;, c@example.org",
    "a @ example.com",
    "b @ example.net",
    "c @ example.org",
  ],
  "two groups": [
    "A: a@example.com;, B. C: b@example.net;",
    "a @ example.com",
    "b @ example.net",
  ],
};

for (const [name, [value, ...addresses]] of Object.entries(ROWS)) {
  Deno.test(`\`parseAddressList()\` reads ${name}`, () => {
    assertEquals(addressesIn(value), addresses);
  });
}

const MALFORMED: Record<string, string> = {
  "no at sign": "alice",
  "a display name alone": "Alice Ex",
  "no domain": "alice@",
  "no domain in brackets": "Alice <alice@>",
  "no local part": "@example.com",
  "two at signs": "alice@example.com@example.net",
  "two at signs in brackets": "<alice@bob@example.net>",
  "a trailing dot": "alice@example.com.",
  "a leading dot in the domain": "alice@.example.com",
  "two dots in the domain": "alice@example..com",
  "a leading dot in the local part": ".alice@example.com",
  "a trailing dot in the local part": "alice.@example.com",
  "two dots in the local part": "alice..ex@example.com",
  "a space in the local part": "alice ex@example.com",
  "a space in the domain": "alice@example com",
  "a bracket that is not closed": "Alice <alice@example.com",
  "a bracket that is not closed before the next": "<a@b.c, <d@e.f>",
  "a bracket that is not opened": "alice@example.com>",
  "a bracket in a bracket": "<<alice@example.com>>",
  "empty brackets": "Alice <>",
  "two brackets": "<alice@example.com> <bob@example.net>",
  "words after the bracket": "<alice@example.com> Alice",
  "a list in brackets": "<alice@example.com, bob@example.net>",
  "a quote that is not closed": '"Alice <alice@example.com>',
  "a quote that ends in a backslash": '"Alice\\',
  "a comment that is not closed": "(Alice alice@example.com",
  "a nested comment that is not closed": "(a (b) alice@example.com",
  "a comment that is not opened": "Alice) alice@example.com",
  "a domain literal that is not closed": "alice@[192.0.2.1",
  "a domain literal and more": "alice@[192.0.2.1].com",
  "a domain literal that is not opened": "alice@192.0.2.1]",
  "a quoted domain": 'alice@"example.com"',
  "a backslash outside quotes": "ali\\ce@example.com",
  "a control character": "ali\x07ce@example.com",
  "a NUL": "alice@exam\0ple.com",
  "a DEL": "ali\x7fce@example.com",
  "a route without its end": "<@a.example alice@example.com>",
  "a semicolon as separator": "alice@example.com; bob@example.net",
  "a group that is not closed": "Team: alice@example.com",
  "a group in a group": "Team: Inner: alice@example.com;;",
  "a group in a group with one end": "Team: Inner: alice@example.com;",
  "a group without a name": ": alice@example.com;",
  "a group whose name is an address": "alice@example.com: bob@example.net;",
  "a group whose name is in brackets": "<a@b.c>: bob@example.net;",
  "a good address beside a bad one": "alice@example.com, bob",
  "a bad address beside a good one": "bob, alice@example.com",
};

for (const [name, value] of Object.entries(MALFORMED)) {
  Deno.test(`\`parseAddressList()\` refuses ${name}`, () => {
    assertEquals(parseAddressList(value), undefined);
  });
}

function addressesIn(value: string): string[] | undefined {
  return parseAddressList(value)?.map(({ localPart, domain }) =>
    `${localPart} @ ${domain}`
  );
}
