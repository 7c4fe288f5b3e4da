// The options of signing: each letter as getopt takes it, the lists, and every bad value by name.

import { assertEquals, assertThrows } from "@std/assert";
import {
  parseAlign,
  parseDkimOptions,
  parseDomainKeysOptions,
  parsePattern,
  parseSchemes,
  parseSeconds,
} from "../../lib/policy/options.ts";
import type { DkimSignOptions } from "../../lib/dkim/sign_options.ts";
import type { DomainKeysSignOptions } from "../../lib/domainkeys/sign_options.ts";

const DEFAULTS: DkimSignOptions = {
  headerCanonicalization: "relaxed",
  bodyCanonicalization: "relaxed",
  bodyLength: false,
  query: false,
  timestamp: true,
  copiedFields: false,
  signedFields: [
    "From",
    "Sender",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "To",
    "Cc",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-ID",
    "Content-Description",
    "Resent-*",
    "In-Reply-To",
    "References",
    "List-*",
  ],
  oversignedFields: [
    "From",
    "Reply-To",
    "Subject",
    "To",
    "Cc",
    "Date",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
  ],
};

/** DKIMSIGNOPTIONS, and what differs from the default. */
const DKIM: Record<string, [letters: string, Partial<DkimSignOptions>]> = {
  "nothing": ["", {}],
  "white space": [" \t\n", {}],
  "-c r": ["-c r", {}],
  "-c s": ["-c s", {
    headerCanonicalization: "simple",
    bodyCanonicalization: "simple",
  }],
  "-c t, the body simple": ["-c t", { bodyCanonicalization: "simple" }],
  "-c u, the header simple": ["-c u", { headerCanonicalization: "simple" }],
  "-l": ["-l", { bodyLength: true }],
  "-q": ["-q", { query: true }],
  "-t, which takes t= away": ["-t", { timestamp: false }],
  "-h": ["-h", { copiedFields: true }],
  "-i with a domain": ["-i @example.com", { identity: "@example.com" }],
  "-i with an address": ["-i a.b+c@example.com", {
    identity: "a.b+c@example.com",
  }],
  "-i with what a tag has to quote": ["-i a=b;\u0001@example.com", {
    identity: "a=3Db=3B=01@example.com",
  }],
  "-i with UTF-8": ["-i j\u00fcrgen@mail.B\u00dcCHER.example.org", {
    identity: "j=C3=BCrgen@mail.xn--bcher-kva.example.org",
  }],
  "-i with an at sign in its local part": ['-i "a@b"@example.com', {
    identity: '"a@b"@example.com',
  }],
  "-x": ["-x 604800", { expireSeconds: 604800 }],
  "-x of ten digits": ["-x 9999999999", { expireSeconds: 9999999999 }],
  "-z 2": ["-z 2", {}],
  "a value in the same word": ["-cu", { headerCanonicalization: "simple" }],
  "letters in one word": ["-lqth", {
    bodyLength: true,
    query: true,
    timestamp: false,
    copiedFields: true,
  }],
  "a value after letters in one word": ["-lqx60", {
    bodyLength: true,
    query: true,
    expireSeconds: 60,
  }],
  "a value after letters in the next word": ["-lqc s", {
    bodyLength: true,
    query: true,
    headerCanonicalization: "simple",
    bodyCanonicalization: "simple",
  }],
  "letters that are values, not options": ["-iq@example.com -l", {
    identity: "q@example.com",
    bodyLength: true,
  }],
  "many words": ["  -l   -c s\t-z2 -x\n60 ", {
    bodyLength: true,
    headerCanonicalization: "simple",
    bodyCanonicalization: "simple",
    expireSeconds: 60,
  }],
  "the last of two values": ["-x 1 -x 2", { expireSeconds: 2 }],
  "a letter twice": ["-l -l", { bodyLength: true }],
};

for (const [name, [letters, changes]] of Object.entries(DKIM)) {
  Deno.test(`\`parseDkimOptions()\` takes ${name}`, () => {
    assertEquals(parseDkimOptions(letters), { ...DEFAULTS, ...changes });
  });
}

Deno.test("`parseDkimOptions()` takes nothing at all", () => {
  assertEquals(parseDkimOptions(), DEFAULTS);
});

/** DKIMSIGNOPTIONS, and what the error has to name. */
const BAD_DKIM: Record<string, [letters: string, named: string]> = {
  "an unknown letter": ["-b", '"-b"'],
  "an unknown letter after known ones": ["-lqb", '"-b"'],
  "a letter in capitals": ["-L", '"-L"'],
  "a letter that is not ASCII": ["-\xe4", '"-\xe4"'],
  "two hyphens": ["--", '"--"'],
  "a word without a hyphen": ["l", '"l"'],
  "a word after a letter without value": ["-l c", '"c"'],
  "a hyphen alone": ["-", '"-"'],
  "-c without a value": ["-c", '"-c"'],
  "-c with an unknown value": ["-c x", '"x"'],
  "-c with two values": ["-c rs", '"rs"'],
  "-c with the name of an object's member": ["-c constructor", '"constructor"'],
  "-c with another option for a value": ["-c -l", '"-l"'],
  "-x without a value": ["-l -x", '"-x"'],
  "-x of zero": ["-x 0", '"0"'],
  "-x with a sign": ["-x -1", '"-1"'],
  "-x with a fraction": ["-x 1.5", '"1.5"'],
  "-x with a unit": ["-x 1d", '"1d"'],
  "-x of eleven digits": ["-x 10000000000", '"10000000000"'],
  "-z 1, which RFC 8301 forbids": ["-z 1", '"1"'],
  "-z 3": ["-z 3", '"3"'],
  "-i without a value": ["-i", '"-i"'],
  "-i without an at sign": ["-i example.com", '"example.com"'],
  "-i without a domain": ["-i a@", '"a@"'],
  "-i with a bad domain": ["-i a@.example.com", '"a@.example.com"'],
  "-i with a slash beside a U-label": [
    "-i a@example.com/\u00fc",
    '"a@example.com/\u00fc"',
  ],
  "-i with a semicolon in its domain": ["-i a@b;c", '"a@b;c"'],
};

for (const [name, [letters, named]] of Object.entries(BAD_DKIM)) {
  Deno.test(`\`parseDkimOptions()\` refuses ${name}`, () => {
    assertThrows(() => parseDkimOptions(letters), SyntaxError, named);
  });
}

Deno.test("`parseDkimOptions()` takes lists of fields in place of its own", () => {
  const { signedFields, oversignedFields } = parseDkimOptions(
    "",
    "Subject: from,X-*  To",
    "from\nsubject",
  );
  assertEquals(signedFields, ["Subject", "from", "X-*", "To"]);
  assertEquals(oversignedFields, ["from", "subject"]);
});

Deno.test("`parseDkimOptions()` signs From, whatever the list is", () => {
  assertEquals(parseDkimOptions("", "").signedFields, ["From"]);
  assertEquals(parseDkimOptions("", "To:Fro*").signedFields, [
    "From",
    "To",
    "Fro*",
  ]);
});

Deno.test("`parseDkimOptions()` oversigns nothing if told so", () => {
  assertEquals(parseDkimOptions("", "From", "").oversignedFields, []);
});

Deno.test("`parseDkimOptions()` refuses what is no field name", () => {
  for (const name of ["*", "From;", "a*b", "Fr\xe4m", "From=", "X-**"]) {
    assertThrows(() => parseDkimOptions("", `To ${name}`), SyntaxError, name);
  }
  for (const name of ["Fro*", "From;"]) {
    const parse = () => parseDkimOptions("", "From", `To ${name}`);
    assertThrows(parse, SyntaxError, name);
  }
});

/** DKSIGNOPTIONS. */
const DOMAINKEYS: Record<string, [letters: string, DomainKeysSignOptions]> = {
  "nothing": ["", { canonicalization: "nofws", uniqueFields: false }],
  "-c nofws": ["-c nofws", { canonicalization: "nofws", uniqueFields: false }],
  "-c simple": ["-c simple", {
    canonicalization: "simple",
    uniqueFields: false,
  }],
  "-csimple": ["-csimple", { canonicalization: "simple", uniqueFields: false }],
  "-h, which changes nothing": ["-h", {
    canonicalization: "nofws",
    uniqueFields: false,
  }],
  "-r": ["-r", { canonicalization: "nofws", uniqueFields: true }],
  "all in one word": ["-hrc simple", {
    canonicalization: "simple",
    uniqueFields: true,
  }],
};

for (const [name, [letters, options]] of Object.entries(DOMAINKEYS)) {
  Deno.test(`\`parseDomainKeysOptions()\` takes ${name}`, () => {
    assertEquals(parseDomainKeysOptions(letters), options);
  });
}

Deno.test("`parseDomainKeysOptions()` refuses unknown letters and values", () => {
  for (const letters of ["-l", "-b", "-c", "-c r", "-c relaxed", "nofws"]) {
    assertThrows(() => parseDomainKeysOptions(letters), SyntaxError);
  }
  assertEquals(parseDomainKeysOptions(), DOMAINKEYS["nothing"]![1]);
});

Deno.test("`parseSchemes()` reads a list, in one order and each once", () => {
  assertEquals(parseSchemes(), ["dkim", "domainkeys"]);
  assertEquals(parseSchemes("dkim"), ["dkim"]);
  assertEquals(parseSchemes(" DomainKeys "), ["domainkeys"]);
  assertEquals(parseSchemes("domainkeys,dkim DKIM"), ["dkim", "domainkeys"]);
  assertEquals(parseSchemes("domainkeys:dkim"), ["dkim", "domainkeys"]);
});

Deno.test("`parseSchemes()` refuses other words, and none", () => {
  for (const list of ["", " ", "dkim arc", "dk", "dkim;domainkeys"]) {
    assertThrows(() => parseSchemes(list), SyntaxError, "DKSIGNWITH");
  }
});

Deno.test("`parseAlign()` takes from and sender", () => {
  assertEquals([undefined, "from", "sender"].map((w) => parseAlign(w)), [
    "from",
    "from",
    "sender",
  ]);
  for (const word of ["", "From", "both"]) {
    assertThrows(() => parseAlign(word), SyntaxError, "DKIMALIGN");
  }
});

Deno.test("`parsePattern()` takes a path that ends in a selector", () => {
  for (const path of ["/etc/dk/%/default", "/k/s.2026", "%", "/k/%", "s"]) {
    assertEquals(parsePattern("DKSIGN", path), path);
  }
  for (
    const path of ["", "/", "/etc/dk/", "/k/a b", "/k/..", "/k/.s", "/k/s;"]
  ) {
    assertThrows(() => parsePattern("DKSIGN", path), SyntaxError, "DKSIGN");
  }
});

Deno.test("`parseSeconds()` takes whole numbers above zero", () => {
  assertEquals(parseSeconds("DEATH", "86400"), 86400);
  for (const text of ["", "0", "-1", "1.5", "1e3", " 1", "x", "10000000000"]) {
    assertThrows(() => parseSeconds("DEATH", text), SyntaxError, "DEATH");
  }
});
