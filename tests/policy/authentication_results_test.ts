// Authentication-Results: what is written is what the grammar has, whatever comes in, and what
// claims to be ours is taken out, and nothing else.

import { assert, assertEquals } from "@std/assert";
import { type HeaderField, parseHeader } from "../../lib/message/header.ts";
import { LineEnds } from "../../lib/message/line_ends.ts";
import { toOctets } from "../../lib/message/octets.ts";
import { Split } from "../../lib/message/split.ts";
import {
  claimsAuthservId,
  formatAuthenticationResults,
  type MethodResult,
  withoutForgedResults,
} from "../../lib/policy/authentication_results.ts";
import { fuzz } from "../support/fuzz.ts";
import { feed } from "../support/laws.ts";
import { Random } from "../support/random.ts";

const HOST = "mx.example.com";
const SIGNATURE = Uint8Array.fromBase64("ZWgzmiJ+AAAAAAAAAAAA");
const DKIM: MethodResult = {
  method: "dkim",
  result: "pass",
  reason: "ok",
  domain: "example.com",
  selector: "default",
  algorithm: "rsa-sha256",
  signature: SIGNATURE,
};
const DOMAINKEYS: MethodResult = {
  method: "domainkeys",
  result: "pass",
  reason: "ok",
  fromDomain: "example.com",
};
const UNSIGNED = { result: "none", reason: "no signature" } as const;

const WRITTEN: Record<string, [results: MethodResult[], lines: string[]]> = {
  "one signature of each scheme": [[DOMAINKEYS, DKIM], [
    "Authentication-Results: mx.example.com;",
    "domainkeys=pass (ok) header.from=example.com;",
    "dkim=pass (ok) header.d=example.com header.s=default header.a=rsa-sha256",
    "header.b=ZWgzmiJ+",
  ]],
  "no signature at all": [[
    { method: "domainkeys", ...UNSIGNED },
    { method: "dkim", ...UNSIGNED },
  ], [
    "Authentication-Results: mx.example.com;",
    "domainkeys=none (no signature);",
    "dkim=none (no signature)",
  ]],
  "no result": [[], ["Authentication-Results: mx.example.com;", "none"]],
  "a signature that is no token": [[{
    method: "dkim",
    result: "policy",
    reason: "bad algorithm",
    domain: "a.example",
    signature: Uint8Array.fromBase64("ab/d"),
  }, {
    method: "dkim",
    result: "fail",
    reason: "bad sig, testing",
    signature: Uint8Array.of(0),
  }], [
    "Authentication-Results: mx.example.com;",
    'dkim=policy (bad algorithm) header.d=a.example header.b="ab/d";',
    'dkim=fail (bad sig, testing) header.b="AA=="',
  ]],
};
for (const [name, [results, lines]] of Object.entries(WRITTEN)) {
  Deno.test(`\`formatAuthenticationResults()\` writes ${name}`, () => {
    assertEquals(formatAuthenticationResults(HOST, results), {
      name: "Authentication-Results",
      raw: lines.join("\n\t"),
    });
  });
}

const SIGNATURES: Record<string, [ends: number[][], lengths: number[]]> = {
  "eight characters": [[[1, 2, 3]], [8]],
  "eight characters of signatures that are one": [
    [[1, 2, 3], [1, 2, 3]],
    [8, 8],
  ],
  "more characters of signatures that begin alike": [
    [[1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 3, 4, 5, 6, 7, 9]],
    [16, 16],
  ],
  "no more than 64 characters": [
    [new Array(600).fill(7), [...new Array(599).fill(7), 8]],
    [8, 8],
  ],
};
for (const [name, [signatures, lengths]] of Object.entries(SIGNATURES)) {
  Deno.test(`\`formatAuthenticationResults()\` writes ${name}`, () => {
    const results = signatures.map((octets) => ({
      ...DKIM,
      signature: Uint8Array.from([...octets, ...new Array(3).fill(0)]),
    }));
    const { statements } = parse(formatAuthenticationResults(HOST, results));
    assertEquals(
      statements.map(({ properties }) => properties["header.b"]!.length),
      lengths,
    );
  });
}

Deno.test("`formatAuthenticationResults()` folds where a line would have over 78 octets", () => {
  for (let length = 1; length <= 253; length++) {
    const domain = "d".repeat(length);
    const { raw } = formatAuthenticationResults(domain, [
      { ...DOMAINKEYS, fromDomain: domain },
      { ...DKIM, domain, selector: domain },
      { ...DKIM, domain },
    ]);
    for (const line of raw.split("\n")) {
      // Within 78, or a word that can not be folded.
      const words = line.trim().split(/ (?![^(]*\))/);
      assert(line.length <= 78 || words.length === 1, line);
    }
  }
});

Deno.test("`formatAuthenticationResults()` quotes a host that is no token", () => {
  for (
    const [host, written] of [
      ["mx/1", '"mx/1"'],
      ['m"x\\', '"m\\"x\\\\"'],
      ["", "invalid"],
      ["mx\n", "invalid"],
      ["m\xe9x", "invalid"],
    ] as const
  ) {
    assertEquals(
      formatAuthenticationResults(host, []).raw,
      `Authentication-Results: ${written};\n\tnone`,
    );
  }
});

const HOSTILE: Record<string, [value: string, written: string | undefined]> = {
  "LF": ["a.example\nX: y", undefined],
  "a fold": ["a.example\n\tdkim=pass", undefined],
  "CR": ["a.example\rX: y", undefined],
  "CRLF at the end": ["a.example\r\n", undefined],
  "NUL": ["a\0b", undefined],
  "TAB": ["a\tb", undefined],
  "DEL": ["a\x7fb", undefined],
  "8-bit": ["caf\xe9.example", undefined],
  "a char that is no octet": ["caf\u0151.example", undefined],
  "10 KB": ["a".repeat(10_000), undefined],
  "254 octets": ["a".repeat(254), undefined],
  "253 octets": ["a".repeat(253), "a".repeat(253)],
  "nothing": ["", undefined],
  "a semicolon": ["a; dkim=pass", '"a; dkim=pass"'],
  "a quote": ['a" b="c', '"a\\" b=\\"c"'],
  "a backslash at the end": ["a\\", '"a\\\\"'],
  "an equals sign": ["a=b", '"a=b"'],
  "a comment": ["a(b)", '"a(b)"'],
  "half a comment": ["a(", '"a("'],
  "an address": ["a@b", '"a@b"'],
  "a space": ["a b", '"a b"'],
  "a literal": ["[192.0.2.1]", '"[192.0.2.1]"'],
  "an underscore": ["s_2048", "s_2048"],
};
for (const [name, [value, written]] of Object.entries(HOSTILE)) {
  Deno.test(`\`formatAuthenticationResults()\` withstands ${name}`, () => {
    const hostile: MethodResult = {
      method: "dkim",
      result: "fail",
      reason: value,
      fromDomain: value,
      domain: value,
      selector: value,
      algorithm: value,
    };
    const field = formatAuthenticationResults(HOST, [hostile]);
    for (const property of ["from", "d", "s", "a"]) {
      const text = ` header.${property}=${written}`;
      assertEquals(unfold(field).includes(text), written !== undefined);
    }
    assertEquals(parse(field), expectedOf(HOST, [hostile]));
  });
}

Deno.test("`formatAuthenticationResults()` writes what a parser of RFC 8601 reads back", () => {
  const random = new Random(71);
  const pieces = [
    ...'ab.;="\\()/@ \t\r\n\0\x7f\x80\xff',
    "header.d=x",
    "\r\n ",
  ];
  const value = () =>
    random.oneIn(50)
      ? random.text("ab", 200, 10_000)
      : random.text(pieces, 0, 6);
  const rounds = Deno.env.get("FUZZ_FULL") === "1" ? 200_000 : 20_000;
  for (let round = 0; round < rounds; round++) {
    const results = Array.from(
      { length: random.below(4) },
      (): MethodResult => ({
        method: random.pick(["dkim", "domainkeys"]),
        result: random.pick(["pass", "none", "temperror"]),
        reason: value(),
        fromDomain: random.oneIn(2) ? value() : undefined,
        domain: value(),
        selector: value(),
        algorithm: value(),
        signature: Uint8Array.from(
          { length: random.below(9) },
          () => random.below(256),
        ),
      }),
    );
    const host = random.oneIn(2) ? HOST : value();
    const field = formatAuthenticationResults(host, results);
    const note = `seed 71, round ${round}: ${JSON.stringify(field.raw)}`;
    assertEquals(parseHeader(`${field.raw}\n`), [field], note);
    assert(
      /^[\x20-\x7e]*(\n\t[\x21-\x7e][\x20-\x7e]*)*$/.test(field.raw),
      note,
    );
    assertEquals(
      withoutSignatures(parse(field)),
      expectedOf(host, results),
      note,
    );
  }
});

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

function unfold({ raw }: HeaderField): string {
  return raw.replaceAll("\n\t", " ");
}

interface Statement {
  method: string;
  result: string;
  comment: string | undefined;
  properties: Record<string, string>;
}

interface Parsed {
  authservId: string;
  statements: Statement[];
}

function withoutSignatures(parsed: Parsed): Parsed {
  for (const { properties } of parsed.statements) delete properties["header.b"];
  return parsed;
}

/** What has to be read back: what is printable ASCII and not too long. */
function expectedOf(host: string, results: MethodResult[]): Parsed {
  const fits = (text = "") => /^[ -~]{1,253}$/.test(text) ? text : undefined;
  return {
    authservId: fits(host) ?? "invalid",
    statements: results.map((result) => ({
      method: result.method,
      result: result.result,
      comment: fits(result.reason),
      properties: Object.fromEntries(
        Object.entries({
          "header.from": fits(result.fromDomain),
          "header.d": fits(result.domain),
          "header.s": fits(result.selector),
          "header.a": fits(result.algorithm),
        }).filter(([, value]) => value !== undefined),
      ) as Record<string, string>,
    })),
  };
}

/**
 * Reads a field by the grammar of RFC 8601 section 2.2, rule by rule, and throws where it does not
 * fit: authserv-id, then no-result or resinfos, of which each has one comment at most here.
 */
function parse({ raw }: HeaderField): Parsed {
  const name = "Authentication-Results:";
  assert(raw.startsWith(name), raw);
  let rest = raw.slice(name.length);
  let comment: string | undefined;

  const take = (pattern: RegExp): string => {
    const match = pattern.exec(rest);
    if (match === null || match.index !== 0) {
      throw new Error(`No ${pattern} at ${JSON.stringify(rest)}`);
    }
    rest = rest.slice(match[0].length);
    return match[0];
  };
  // CFWS = FWS and comments of ctext and quoted-pairs (RFC 5322 section 3.2.2); none are nested here.
  const cfws = (): void => {
    take(/^(?:\n(?=[ \t]))?[ \t]*|/);
    if (rest.startsWith("(")) {
      comment = take(/^\((?:[!-'*-[\]-~ ]|\\[ -~])*\)/)
        .slice(1, -1).replace(/\\(.)/g, "$1");
      cfws();
    }
  };
  // value = token / quoted-string (RFC 2045 section 5.1, RFC 5322 section 3.2.4)
  const value = (): string =>
    rest.startsWith('"')
      ? take(/^"(?:[ !#-[\]-~]|\\[ -~])*"/).slice(1, -1)
        .replace(/\\(.)/g, "$1")
      : take(/^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+/);
  // Keyword = Ldh-str (RFC 5321 section 4.1.2)
  const keyword = (): string => take(/^[0-9A-Za-z-]*[0-9A-Za-z]/);

  cfws();
  const authservId = value();
  cfws();
  if (/^;\s*none$/.test(rest)) return { authservId, statements: [] };
  const statements: Statement[] = [];
  while (rest !== "") {
    take(/^;/);
    cfws();
    const method = keyword();
    take(/^=/);
    const result = keyword();
    comment = undefined;
    cfws();
    const properties: Record<string, string> = {};
    while (rest !== "" && !rest.startsWith(";")) {
      const ptype = keyword();
      take(/^\./);
      const property = keyword();
      take(/^=/);
      properties[`${ptype}.${property}`] = value();
      cfws();
    }
    statements.push({ method, result, comment, properties });
  }
  return { authservId, statements };
}
