// keyPaths(): where a domain's key is looked for, and that no domain leads anywhere else.

import { assert, assertEquals } from "@std/assert";
import { isPerDomain, keyPaths, selectorOf } from "../../lib/keys/key_path.ts";
import { encodeUtf8 } from "../../lib/message/octets.ts";
import { Random } from "../support/random.ts";

const A_LABEL = "xn--bcher-kva.example.org";
const A_LABEL_HOST = `mail.${A_LABEL}`;

/** A pattern and a domain, then each path with its domain and selector. */
const ROWS: Record<
  string,
  [pattern: string, domain: string, ...paths: [string, string, string][]]
> = {
  "the domain and its parents, down to two labels": [
    "/etc/domainkeys/%/default",
    "a.b.example.com",
    ["/etc/domainkeys/a.b.example.com/default", "a.b.example.com", "default"],
    ["/etc/domainkeys/b.example.com/default", "b.example.com", "default"],
    ["/etc/domainkeys/example.com/default", "example.com", "default"],
  ],
  "a domain of two labels alone": ["/k/%/s", "example.com", [
    "/k/example.com/s",
    "example.com",
    "s",
  ]],
  "a domain of one label, which has no parent": ["/k/%/s", "localhost", [
    "/k/localhost/s",
    "localhost",
    "s",
  ]],
  "the domain in lower case": ["/k/%/s", "Example.COM", [
    "/k/example.com/s",
    "example.com",
    "s",
  ]],
  "every percent sign": ["/k/%/%.key/s%", "example.com", [
    "/k/example.com/example.com.key/sexample.com",
    "example.com",
    "sexample.com",
  ]],
  "a selector that is the domain": ["/k/%", "a.example.com", [
    "/k/a.example.com",
    "a.example.com",
    "a.example.com",
  ], ["/k/example.com", "example.com", "example.com"]],
  "the one path of a pattern without percent sign": [
    "/k/Selector",
    "A.Example.com",
    ["/k/Selector", "a.example.com", "Selector"],
  ],
  "a pattern with dollar signs as it is": ["/$&/$1/%/s", "example.com", [
    "/$&/$1/example.com/s",
    "example.com",
    "s",
  ]],
  "a U-label by its A-label, then as it is": [
    "/k/%/s",
    encodeUtf8("mail.B\u00dcCHER.example.org"),
    ["/k/mail.xn--bcher-kva.example.org/s", A_LABEL_HOST, "s"],
    ["/k/mail.b\u00fccher.example.org/s", A_LABEL_HOST, "s"],
    ["/k/xn--bcher-kva.example.org/s", A_LABEL, "s"],
    ["/k/b\u00fccher.example.org/s", A_LABEL, "s"],
    ["/k/example.org/s", "example.org", "s"],
  ],
  "a U-label that is lowered by what stands in it alone": [
    "/k/%/s",
    encodeUtf8("\u039f\u0394\u039f\u03a3.example"),
    ["/k/xn--pxavbm.example/s", "xn--pxavbm.example", "s"],
    ["/k/\u03bf\u03b4\u03bf\u03c2.example/s", "xn--pxavbm.example", "s"],
  ],
  "a selector with the A-label, whatever the folder": [
    "/k/%",
    encodeUtf8("b\u00fccher.example.org"),
    ["/k/xn--bcher-kva.example.org", A_LABEL, A_LABEL],
    ["/k/b\u00fccher.example.org", A_LABEL, A_LABEL],
    ["/k/example.org", "example.org", "example.org"],
  ],
  "the one path of a pattern without percent sign to a U-label": [
    "/k/all",
    encodeUtf8("B\u00fccher.Example.org"),
    ["/k/all", A_LABEL, "all"],
  ],
  "an A-label by its U-label too": [
    "/k/%/s",
    "XN--bcher-kva.example",
    ["/k/xn--bcher-kva.example/s", "xn--bcher-kva.example", "s"],
    ["/k/b\u00fccher.example/s", "xn--bcher-kva.example", "s"],
  ],
  "a label that only begins like an A-label as it is": [
    "/k/%/s",
    "xn--0.example",
    ["/k/xn--0.example/s", "xn--0.example", "s"],
  ],
  "a relative pattern": ["%", "example.com", [
    "example.com",
    "example.com",
    "example.com",
  ]],
};

for (const [name, [pattern, domain, ...paths]] of Object.entries(ROWS)) {
  Deno.test(`\`keyPaths()\` gives ${name}`, () => {
    const expected = paths.map(([path, domain, selector]) => ({
      path,
      domain,
      selector,
    }));
    assertEquals(keyPaths(pattern, domain), expected);
  });
}

const HOSTILE: Record<string, string> = {
  "nothing": "",
  "a dot": ".",
  "two dots": "..",
  "a path": "../../etc/passwd",
  "a path with dots around": "a/../b.example.com",
  "a slash at its start": "/etc",
  "a slash at its end": "example.com/",
  "an empty label": "example..com",
  "a dot at its start": ".example.com",
  "a dot at its end": "example.com.",
  "a NUL": "example.com\0",
  "a line break": "example.com\n",
  "a percent sign": "%.example.com",
  "a backslash": "..\\example.com",
  "a space": "example .com",
  "a domain literal": "[192.0.2.1]",
  "octets that are not ASCII": "ex\xe4mple.com",
  "a slash beside a U-label": encodeUtf8("example.com/\u00fc"),
  "a path beside a U-label": encodeUtf8("..\u00fc/example.com"),
  "an empty label beside a U-label": encodeUtf8("..\u00fc.example.com"),
  "a NUL beside a U-label": encodeUtf8("\u00fc\0.example.com"),
  "a percent sign beside a U-label": encodeUtf8("%\u00fc.example.com"),
  "a dot of full width": encodeUtf8("x\uff0eexample.com"),
  "a slash of full width": encodeUtf8("x\uff0fexample.com"),
  "a soft hyphen": encodeUtf8("exa\u00admple.com"),
  "a BOM at its start": encodeUtf8("\ufeffb\u00fccher.example.org"),
  "a label of 64 octets": "x".repeat(64) + ".com",
  "more octets than a name has": "x.".repeat(126) + "com",
};

for (const [name, domain] of Object.entries(HOSTILE)) {
  Deno.test(`\`keyPaths()\` gives no path for ${name}`, () => {
    assertEquals(keyPaths("/etc/domainkeys/%/default", domain), []);
    assertEquals(keyPaths("/etc/domainkeys/default", domain), []);
  });
}

Deno.test("`keyPaths()` never leaves the folder of its pattern", () => {
  const random = new Random(41);
  let count = 0;
  for (let round = 0; round < 20_000; round++) {
    const domain = random.text("ab.-_/%\\\0\n A", 1, 8);
    for (const { path } of keyPaths("/k/%/s", domain)) {
      count++;
      const note = `seed ${random.seed}: ${JSON.stringify(domain)}`;
      assert(/^\/k\/[a-z0-9_-]+(\.[a-z0-9_-]+)*\/s$/.test(path), note);
    }
  }
  assert(count > 1000);
});

Deno.test("`keyPaths()` never leaves the folder of its pattern, also for UTF-8", () => {
  const random = new Random(42);
  let count = 0;
  for (let round = 0; round < 20_000; round++) {
    const domain = encodeUtf8(
      random.text("ab.-/%\\\0\u00fc\u00dc\u03a3\u2024\uff0e\uff0f\u2215", 1, 8),
    );
    for (const { path, domain: name } of keyPaths("/k/%/s", domain)) {
      count++;
      const note = `seed ${random.seed}: ${JSON.stringify(domain)}`;
      assert(/^\/k\/[^./%\\\0]+(\.[^./%\\\0]+)*\/s$/.test(path), note);
      assert(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(name), note);
    }
  }
  assert(count > 1000);
});

Deno.test("`isPerDomain()` looks for a percent sign", () => {
  assertEquals(["/%/s", "%", "/k/s", ""].map(isPerDomain), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("`selectorOf()` gives the last component", () => {
  assertEquals(["/k/%/a.b", "a", "/k/", ""].map(selectorOf), [
    "a.b",
    "a",
    "",
    "",
  ]);
});
