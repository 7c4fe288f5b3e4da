// Authentication-Results: what is written is what the grammar has, whatever comes in.

import { assert, assertEquals } from "@std/assert";
import { type HeaderField, parseHeader } from "../../lib/message/header.ts";
import {
  formatAuthenticationResults,
  type MethodResult,
} from "../../lib/authres/authentication_results.ts";
import { Random } from "../support/random.ts";
import {
  expectedOf,
  parseResults,
  withoutSignatures,
} from "../support/results_grammar.ts";

const HOST = "mx.example.com";
const SIGNATURE = Uint8Array.fromBase64("ZWgzmiJ+AAAAAAAAAAAA");
const DKIM: MethodResult = {
  method: "dkim",
  result: "pass",
  reason: "ok",
  properties: [
    ["header.d", "example.com"],
    ["header.s", "default"],
    ["header.a", "rsa-sha256"],
    ["header.b", SIGNATURE],
  ],
};
const DOMAINKEYS: MethodResult = {
  method: "domainkeys",
  result: "pass",
  reason: "ok",
  properties: [["header.from", "example.com"]],
};
const UNSIGNED = {
  result: "none",
  reason: "no signature",
  properties: [],
} as const;

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
    properties: [
      ["header.d", "a.example"],
      ["header.b", Uint8Array.fromBase64("ab/d")],
    ],
  }, {
    method: "dkim",
    result: "fail",
    reason: "bad sig, testing",
    properties: [["header.b", Uint8Array.of(0)]],
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
    const results = signatures.map((octets): MethodResult => ({
      ...DKIM,
      properties: [
        ["header.b", Uint8Array.from([...octets, ...new Array(3).fill(0)])],
      ],
    }));
    const { statements } = parseResults(
      formatAuthenticationResults(HOST, results),
    );
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
      { ...DOMAINKEYS, properties: [["header.from", domain]] },
      {
        ...DKIM,
        properties: [
          ["header.d", domain],
          ["header.s", domain],
          ...DKIM.properties.slice(2),
        ],
      },
      {
        ...DKIM,
        properties: [["header.d", domain], ...DKIM.properties.slice(1)],
      },
    ]);
    for (const line of raw.split("\n")) {
      // Within 78, or a word that cannot be folded.
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
      properties: [
        ["header.from", value],
        ["header.d", value],
        ["header.s", value],
        ["header.a", value],
      ],
    };
    const field = formatAuthenticationResults(HOST, [hostile]);
    for (const property of ["from", "d", "s", "a"]) {
      const text = ` header.${property}=${written}`;
      assertEquals(unfold(field).includes(text), written !== undefined);
    }
    assertEquals(parseResults(field), expectedOf(HOST, [hostile]));
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
        properties: [
          ...(random.oneIn(4) ? [["header.sender", value()] as const] : []),
          ...(random.oneIn(2) ? [["header.from", value()] as const] : []),
          ["header.d", value()],
          ["header.s", value()],
          ["header.a", value()],
          [
            "header.b",
            Uint8Array.from(
              { length: random.below(9) },
              () => random.below(256),
            ),
          ],
        ],
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
      withoutSignatures(parseResults(field)),
      expectedOf(host, results),
      note,
    );
  }
});

function unfold({ raw }: HeaderField): string {
  return raw.replaceAll("\n\t", " ");
}
