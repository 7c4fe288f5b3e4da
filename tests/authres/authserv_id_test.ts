// Which fields claim to be ours, the way anybody might read them, and what is left without them.

import { assert, assertEquals } from "@std/assert";
import { type HeaderField, parseHeader } from "../../lib/message/header.ts";
import {
  claimsAuthservId,
  formatAuthenticationResults,
  type MethodResult,
} from "../../lib/authres/authentication_results.ts";
import { withoutForgedResults } from "../../lib/authres/forged_results_text.ts";
import { fuzz } from "../support/fuzz.ts";

const HOST = "mx.example.com";
const DKIM: MethodResult = {
  method: "dkim",
  result: "pass",
  reason: "ok",
  properties: [],
};

const CLAIMS: Record<string, string> = {
  "the host": " mx.example.com; dkim=pass",
  "no white space": "mx.example.com;dkim=pass",
  "another case": " MX.Example.COM; none",
  "a version": " mx.example.com 1; dkim=pass",
  "a version like that of a method": " mx.example.com/1; dkim=pass",
  "a comment before it": " (a) mx.example.com; dkim=pass",
  "a comment in a comment": " (a (b\\) (c))) mx.example.com; dkim=pass",
  "a comment without white space": "(a)mx.example.com(b);dkim=pass",
  "folds": "\n\t\n mx.example.com\n ;\n dkim=pass",
  "folds of CRLF": "\r\n\t\r\n mx.example.com\r\n ; dkim=pass",
  "a fold in a comment": " (a\n\tb) mx.example.com; dkim=pass",
  "quotes": ' "mx.example.com"; dkim=pass',
  "quotes around some of it": ' mx."example".com; dkim=pass',
  "quoted pairs": ' "\\m\\x.example.com"; dkim=pass',
  "a fold in quotes": ' "mx.\n example.com"; dkim=pass',
  "quotes that are not closed": ' "mx.example.com',
  "white space around the dots": " mx . example. com; dkim=pass",
  "a comment at a dot": " mx.(a)example.com; dkim=pass",
  "a final dot": " mx.example.com.; dkim=pass",
  "nothing more": " mx.example.com",
  "an equals sign": " mx.example.com=x",
  "garbage after it": " mx.example.com @!; ;;; \0",
  "a word after it": " mx.example.com evil.org; dkim=pass",
  "a word that goes on after white space": " mx.example.com .evil.org; x=y",
  "a control character before it": " \0\x7f\rmx.example.com; dkim=pass",
  "8-bit after it, which some readers drop": " mx.example.com\xe9; dkim=pass",
  "the field's name before it": " Authentication-Results: mx.example.com; x=y",
};
const OTHERS: Record<string, string> = {
  "another host": " mx.example.net; dkim=pass",
  "a host below it": " a.mx.example.com; dkim=pass",
  "the host above it": " example.com; dkim=pass",
  "a host that begins alike": " mx.example.com.evil.org; dkim=pass",
  "a host that ends alike": " xmx.example.com; dkim=pass",
  "a label that ends alike": " mx.example.community; dkim=pass",
  "a hyphen after it": " mx.example.com-1; dkim=pass",
  "a quoted host that begins alike": ' "mx.example.com/1"; dkim=pass',
  "the host in a comment": " (mx.example.com) mx.example.net; dkim=pass",
  "the host in a comment in a comment":
    " ((a) mx.example.com;) mx.example.net; dkim=pass",
  "the host in a comment that is not closed": " (mx.example.com; dkim=pass",
  "the host in a result": " mx.example.net; dkim=pass header.d=mx.example.com",
  "the host as a second word": " mx.example.net mx.example.com; dkim=pass",
  "no host": " dkim=pass header.d=example.com",
  "nothing": "",
  "a semicolon": "; mx.example.com",
  "white space in a label": " mx.exam ple.com; dkim=pass",
};
for (const [name, value] of Object.entries(CLAIMS)) {
  Deno.test(`\`claimsAuthservId()\` sees ${name}`, () => {
    assert(claimsAuthservId(fieldWith(value), HOST));
    assert(claimsAuthservId(fieldWith(value), "MX.example.com."));
  });
}
for (const [name, value] of Object.entries(OTHERS)) {
  Deno.test(`\`claimsAuthservId()\` lets ${name} be`, () => {
    assert(!claimsAuthservId(fieldWith(value), HOST));
  });
}

Deno.test("`claimsAuthservId()` sees every field that `formatAuthenticationResults()` writes", () => {
  for (const host of [HOST, "mx/1", 'm"x', "a b", "MX", "mx.example.com."]) {
    assert(claimsAuthservId(formatAuthenticationResults(host, [DKIM]), host));
  }
});

Deno.test("`claimsAuthservId()` compares a host that is no token whole", () => {
  assert(claimsAuthservId(fieldWith(" mx/1; dkim=pass"), "mx/1"));
  assert(!claimsAuthservId(fieldWith(" mx/2; dkim=pass"), "mx/1"));
});

Deno.test("`claimsAuthservId()` sees the name that is written for one that cannot be", () => {
  for (
    const host of ["", ".", "\\", "b\xfccher.example", "mx\n", "a".repeat(254)]
  ) {
    assert(claimsAuthservId(formatAuthenticationResults(host, [DKIM]), host));
    assert(claimsAuthservId(fieldWith(" invalid; dkim=pass"), host));
    assert(!claimsAuthservId(fieldWith("; dkim=pass"), host));
    assert(!claimsAuthservId(fieldWith(" .; dkim=pass"), host));
    assert(!claimsAuthservId(fieldWith(` ${HOST}; dkim=pass`), host));
  }
});

const A_LABELS = "mx.xn--bcher-kva.example";
const U_LABELS: Record<string, [value: string, isOurs: boolean]> = {
  "a U-label": [" mx.b\xc3\xbccher.example; none", true],
  "one in capitals": [" MX.B\xc3\x9cCHER.example; none", true],
  "one in Latin-1": [" mx.b\xfccher.example; none", true],
  "one in two characters": [" mx.bu\xcc\x88cher.example; none", true],
  "one in quotes": [' "mx.b\xc3\xbccher.example"; none', true],
  "one after a comment": [" (\xc3\xbc) mx.b\xc3\xbccher.example; none", true],
  "one with a version": [" mx.b\xc3\xbccher.example 1; none", true],
  "one with a soft hyphen": [" mx.b\xc3\xbcc\xc2\xadher.example; none", true],
  "an encoded one": [" =?iso-8859-1?q?mx.b=FCcher.example?=; none", true],
  "one in two encoded words": [
    " =?utf-8?q?mx.b=C3=BC?= =?utf-8?q?cher.example?=; none",
    true,
  ],
  "the A-label": [" mx.XN--BCHER-KVA.example; none", true],
  "another U-label": [" mx.b\xc3\xa4cher.example; none", false],
  "one below": [" a.mx.b\xc3\xbccher.example; none", false],
  "none": [" mx.bcher.example; none", false],
  "one that is too long": [
    ` mx.${"\xc3\xbc".repeat(300)}.example; none`,
    false,
  ],
};
for (const [name, [value, isOurs]] of Object.entries(U_LABELS)) {
  Deno.test(`\`claimsAuthservId()\` compares ${name} with an A-label`, () => {
    assertEquals(claimsAuthservId(fieldWith(value), A_LABELS), isOurs);
  });
}

/** What stands in other hosts' fields may be encoded, or 8-bit. */
const NOT_OURS: Record<string, string> = {
  "an encoded other host": " =?utf-8?q?mx.example.net?=; dkim=pass",
  "an encoded host below it": " =?utf-8?b?YS5teC5leGFtcGxlLmNvbQ==?= ; none",
  "an encoded white space in a label": " =?utf-8?q?mx.exam_ple.com?=; none",
  "an encoded reason":
    " mx.example.net; dkim=pass (=?utf-7?q?mx.example.com?=)",
  "an encoded host in a comment":
    " (=?utf-8?q?mx.example.com?=) a.example; none",
  "another host with 8-bit": " caf\xc3\xa9.example; dkim=pass (mx.example.com)",
  "8-bit alone": " \xff\xfe",
  "an encoded word that does not end": " =?utf-8?q?mx.example.com; dkim=pass",
};
for (const [name, value] of Object.entries(NOT_OURS)) {
  Deno.test(`\`claimsAuthservId()\` lets ${name} be`, () => {
    assert(!claimsAuthservId(fieldWith(value), HOST));
  });
}

const FORGED = `Authentication-Results: ${HOST}; dkim=pass\n`;
const REMOVED: Record<string, [header: string, without: string]> = {
  "nothing where nothing is forged": ["A: b\nC: d\n", "A: b\nC: d\n"],
  "the first field": [`${FORGED}A: b\n`, "A: b\n"],
  "the last field": [`A: b\n${FORGED}`, "A: b\n"],
  "the only field": [FORGED, ""],
  "a field without a line end": [`A: b\n${FORGED.trim()}`, "A: b\n"],
  "several fields": [`${FORGED}A: b\n${FORGED}${FORGED}C: d\n`, "A: b\nC: d\n"],
  "a name in another case": [
    `aUTHENTICATION-rESULTS:${HOST};\nA: b\n`,
    "A: b\n",
  ],
  "white space before the colon": [
    `Authentication-Results \t: ${HOST};\nA: b\n`,
    "A: b\n",
  ],
  "a folded field": [
    `Authentication-Results:\n ${HOST};\n \n\t\n dkim=pass\nA: b\n`,
    "A: b\n",
  ],
  "a folded field with CRLF": [
    `A: b\r\nAuthentication-Results:\r\n ${HOST};\r\n \r\n dkim=pass\r\nC: d\r\n`,
    "A: b\r\nC: d\r\n",
  ],
  "one among line ends of both kinds": [
    `A: b\r\n c\n${FORGED}\tx\r\nC: d\n`,
    "A: b\r\n c\nC: d\n",
  ],
  "no other host's": [
    "Authentication-Results: mx.example.net; none\n",
    "Authentication-Results: mx.example.net; none\n",
  ],
  "no field of another name": [
    `X-Authentication-Results: ${HOST};\nARC-Authentication-Results: i=1; ${HOST};\n`,
    `X-Authentication-Results: ${HOST};\nARC-Authentication-Results: i=1; ${HOST};\n`,
  ],
  "what follows a CR that ends no line": [`A: b\r${FORGED}`, "A: b\n"],
  "nothing that continues another field": [
    `A: b\n ${FORGED}`,
    `A: b\n ${FORGED}`,
  ],
  "nothing of the body": [
    `${FORGED}\n${FORGED}\n${FORGED}`,
    `\n${FORGED}\n${FORGED}`,
  ],
  "nothing of the body after CRLF": [
    `A: b\r\n\r\n${FORGED}`,
    `A: b\r\n\r\n${FORGED}`,
  ],
  "nothing where there is no header": [`\n${FORGED}`, `\n${FORGED}`],
  "one after a line of a CR alone": [`A: b\n\r\r\n${FORGED}`, "A: b\n\r\r\n"],
  "nothing of nothing": ["", ""],
};
for (const [name, [header, without]] of Object.entries(REMOVED)) {
  Deno.test(`\`withoutForgedResults()\` removes ${name}`, () => {
    assertEquals(withoutForgedResults(header, HOST), without);
  });
}

fuzz({
  name: "claimsAuthservId",
  parse: (value) =>
    parseHeader(`Authentication-Results:${value}\n`)
      .map((field) => claimsAuthservId(field, HOST)),
  seeds: [
    ' (a (b\\)) c) "mx.\\example.com" 1; dkim=pass (ok) header.d=example.com',
    "\n\tmx . example(c).com;\n dkim=pass",
  ],
  frames: [["", ""], ["(", `) ${HOST}`], ['"', `" ${HOST}`], [HOST, ""]],
}, 73);

fuzz({
  name: "withoutForgedResults",
  parse: (header) => withoutForgedResults(header, HOST),
  seeds: [
    `Authentication-Results: ${HOST};\r\n dkim=pass\r\nA: b\nauthentication-results : (a) ${HOST}\n\n${FORGED}`,
  ],
  frames: [["", ""], [FORGED, FORGED], ["Authentication-Results:", HOST]],
}, 74);

function fieldWith(value: string): HeaderField {
  const [field, ...more] = parseHeader(`Authentication-Results:${value}\n`);
  assertEquals(more, []);
  return field!;
}
