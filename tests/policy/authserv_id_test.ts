// Which fields claim to be ours, the way anybody might read them, and what is left without them.

import { assert, assertEquals } from "@std/assert";
import { type HeaderField, parseHeader } from "../../lib/message/header.ts";
import { LineEnds } from "../../lib/message/line_ends.ts";
import { toOctets } from "../../lib/message/octets.ts";
import { Split } from "../../lib/message/split.ts";
import {
  claimsAuthservId,
  formatAuthenticationResults,
  type MethodResult,
} from "../../lib/authres/authentication_results.ts";
import { withoutForgedResults } from "../../lib/authres/forged_results.ts";
import { fuzz } from "../support/fuzz.ts";
import { feed } from "../support/laws.ts";
import { Random } from "../support/random.ts";

const HOST = "mx.example.com";
const DKIM: MethodResult = { method: "dkim", result: "pass", reason: "ok" };

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
  "garbage behind it": " mx.example.com @!; ;;; \0",
  "a word behind it": " mx.example.com evil.org; dkim=pass",
  "a word that goes on behind white space": " mx.example.com .evil.org; x=y",
  "a control character before it": " \0\x7f\rmx.example.com; dkim=pass",
};
const OTHERS: Record<string, string> = {
  "another host": " mx.example.net; dkim=pass",
  "a host below it": " a.mx.example.com; dkim=pass",
  "the host above it": " example.com; dkim=pass",
  "a host that begins alike": " mx.example.com.evil.org; dkim=pass",
  "a host that ends alike": " xmx.example.com; dkim=pass",
  "a label that ends alike": " mx.example.community; dkim=pass",
  "a hyphen behind it": " mx.example.com-1; dkim=pass",
  "a quoted host that begins alike": ' "mx.example.com/1"; dkim=pass',
  "8-bit behind it": " mx.example.com\xe9; dkim=pass",
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
  assert(!claimsAuthservId(fieldWith("; dkim=pass"), ""));
  assert(!claimsAuthservId(fieldWith(" .; dkim=pass"), "."));
});

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
  "nothing behind a lone CR": [`A: b\r${FORGED}`, `A: b\r${FORGED}`],
  "nothing that continues another field": [
    `A: b\n ${FORGED}`,
    `A: b\n ${FORGED}`,
  ],
  "nothing of the body": [
    `${FORGED}\n${FORGED}\n${FORGED}`,
    `\n${FORGED}\n${FORGED}`,
  ],
  "nothing of the body behind CRLF": [
    `A: b\r\n\r\n${FORGED}`,
    `A: b\r\n\r\n${FORGED}`,
  ],
  "nothing where there is no header": [`\n${FORGED}`, `\n${FORGED}`],
  "one behind a line of a CR alone": [`A: b\n\r\r\n${FORGED}`, "A: b\n\r\r\n"],
  "nothing of nothing": ["", ""],
};
for (const [name, [header, without]] of Object.entries(REMOVED)) {
  Deno.test(`\`withoutForgedResults()\` removes ${name}`, () => {
    assertEquals(withoutForgedResults(header, HOST), without);
  });
}

Deno.test("`withoutForgedResults()` agrees with what the verifier reads, and keeps the rest octet by octet", () => {
  const pieces = [
    ..."a: \t\r\n\0\xff",
    "\r\n",
    "\n",
    "\n ",
    "\r\n\t",
    "Authentication-Results:",
    "AUTHENTICATION-results \t:",
    HOST,
    "mx.example.net",
    "(",
    ")",
    '"',
    ";",
  ];
  const random = new Random(72);
  const rounds = Deno.env.get("FUZZ_FULL") === "1" ? 200_000 : 20_000;
  for (let round = 0; round < rounds; round++) {
    const message = random.text(pieces, 0, 25);
    const without = withoutForgedResults(message, HOST);
    const note = `seed 72, round ${round}: ${JSON.stringify(message)}`;
    const kept = readFields(message)
      .filter((field) => !claimsAuthservId(field, HOST));
    assertEquals(readFields(without), kept, note);
    assertEquals(withoutForgedResults(without, HOST), without, note);
    // Line by line: what is kept stands in its order, and what is removed are whole lines.
    const lines = linesOf(without);
    for (const line of linesOf(message)) if (lines[0] === line) lines.shift();
    assertEquals(lines, [], note);
    assertEquals(bodyOf(without), bodyOf(message), note);
  }
});

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

/** The fields of a message, by the stages that the verifier has. */
function readFields(message: string): HeaderField[] {
  let fields: HeaderField[] = [];
  const split = new Split(
    (header) => fields = parseHeader(header!),
    () => {},
  );
  const lineEnds = new LineEnds((run) => split.push(run));
  feed(lineEnds, [toOctets(message)]);
  split.end();
  return fields;
}

function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function bodyOf(message: string): string | undefined {
  const lines = linesOf(message);
  const at = lines.findIndex((line) => line === "\n" || line === "\r\n");
  return at === -1 ? undefined : lines.slice(at).join("");
}
