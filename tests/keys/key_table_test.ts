// KeyTable: the first line for a domain, and which lines cannot be understood.

import { assertEquals, assertThrows } from "@std/assert";
import { type KeyLine, KeyTable } from "../../lib/keys/key_table.ts";
import { encodeUtf8 } from "../../lib/message/octets.ts";
import { Random } from "../support/random.ts";

/** Number, domains, pattern and variables of a line. */
function describe(line: KeyLine | undefined) {
  return line && [
    line.number(),
    line.domains,
    line.pattern ?? "-",
    ...Array.from(line.variables, ([name, value]) => `${name}=${value ?? ""}`),
  ];
}

const TABLE = `# customers

customer.example:/keys/customer/s1
*.customer.example:/keys/sub/s2:DKSIGNWITH=dkim
quiet.example:-
*.quiet.example:relative/%/s3:DKIMSIGNEXTRA=,DKIMSIGNOPTIONS=-c s -x 60,DKIMSIGNHEADERS=From:To
  MIXED.Example:/keys/mixed/s4\t\r
bücher.example:/keys/b/s5
customer.example:/never/s6
*:/etc/domainkeys/%/default`;

const ROWS: Record<
  string,
  [domain: string, ...expected: (string | number)[]]
> = {
  "the domain itself": [
    "customer.example",
    3,
    "customer.example",
    "/keys/customer/s1",
  ],
  "the domain in any case": [
    "Customer.EXAMPLE",
    3,
    "customer.example",
    "/keys/customer/s1",
  ],
  "a subdomain by its star": [
    "a.customer.example",
    4,
    "*.customer.example",
    "/keys/sub/s2",
    "DKSIGNWITH=dkim",
  ],
  "a subdomain of a subdomain by the same star": [
    "a.b.customer.example",
    4,
    "*.customer.example",
    "/keys/sub/s2",
    "DKSIGNWITH=dkim",
  ],
  "no signature": ["quiet.example", 5, "quiet.example", "-"],
  "several variables, one of them unset, one with spaces, one with a colon": [
    "x.quiet.example",
    6,
    "*.quiet.example",
    "relative/%/s3",
    "DKIMSIGNEXTRA=",
    "DKIMSIGNOPTIONS=-c s -x 60",
    "DKIMSIGNHEADERS=From:To",
  ],
  "a line with white space around it and another case": [
    "mixed.example",
    7,
    "mixed.example",
    "/keys/mixed/s4",
  ],
  "a U-label by its A-label": [
    "xn--bcher-kva.example",
    8,
    "xn--bcher-kva.example",
    "/keys/b/s5",
  ],
  "a U-label by itself": [
    encodeUtf8("B\u00dcCHER.example"),
    8,
    "xn--bcher-kva.example",
    "/keys/b/s5",
  ],
  "any other domain by the star alone": [
    "example.org",
    10,
    "*",
    "/etc/domainkeys/%/default",
  ],
  "a domain that ends in the same letters by the star alone": [
    "notcustomer.example",
    10,
    "*",
    "/etc/domainkeys/%/default",
  ],
};

for (const [name, [domain, ...expected]] of Object.entries(ROWS)) {
  Deno.test(`\`KeyTable\` finds ${name}`, () => {
    const table = new KeyTable(TABLE);
    assertEquals(describe(table.find(domain)), expected);
    // What was found before is the same.
    assertEquals(describe(table.find(domain)), expected);
  });
}

Deno.test("`KeyTable` finds nothing where no line is for a domain", () => {
  const table = new KeyTable("example.com:/k/s\n*.example.org:/k/s\n");
  for (
    const domain of ["www.example.com", "example.org", "com", "", "a/b", "*"]
  ) {
    assertEquals(table.find(domain), undefined, domain);
  }
  assertEquals(new KeyTable("").find("example.com"), undefined);
  assertEquals(new KeyTable("\n# \n\n").find("example.com"), undefined);
});

const BAD: Record<string, [line: string, says: RegExp]> = {
  "without a key": ["example.com", /path that ends in the selector/],
  "with an empty key": ["example.com:", /path that ends in the selector/],
  "whose key is a folder": [
    "example.com:/k/",
    /path that ends in the selector/,
  ],
  "without a domain": [":/k/s", /give a domain/],
  "with a comment at its end": ["example.com:/k/s # x", /ends in the selector/],
  "with a regular expression": [
    "^(.*\\.)?example\\.com$:/k/s",
    /regular expressions are not read/,
  ],
  "with a star inside": ["a*.example.com:/k/s", /give a domain/],
  "with a star after a dot": ["mail.*:/k/s", /give a domain/],
  "with an empty label": ["a..example:/k/s", /give a domain/],
  "with too long a domain": [
    `${"a.".repeat(127)}example:/k/s`,
    /give a domain/,
  ],
  "with a variable of another kind": [
    "example.com:/k/s:DKQUEUE=/bin/true",
    /give NAME=value/,
  ],
  "with a variable in lower case": [
    "example.com:/k/s:dksignwith=dkim",
    /give NAME=value/,
  ],
  "with a variable without a value": [
    "example.com:/k/s:DKSIGNWITH",
    /give NAME=value/,
  ],
};

for (const [name, [line, says]] of Object.entries(BAD)) {
  Deno.test(`\`KeyTable\` refuses a line ${name}, and names it`, () => {
    const text = `a.example:/k/s\n\n${line}\nexample.com:/k/s\n`;
    for (const domain of ["example.com", "example.org"]) {
      const error = assertThrows(
        () => new KeyTable(text).find(domain),
        SyntaxError,
        "in line 3 of control/dkimkeys",
      );
      assertEquals(says.test(error.message), true, error.message);
    }
    assertEquals(new KeyTable(text).find("a.example")?.pattern, "/k/s");
    assertThrows(() => new KeyTable(text).lines(), SyntaxError, "in line 3");
  });
}

Deno.test("`KeyTable` finds what reading every line finds, in tables by chance", () => {
  const random = new Random(14);
  const pieces = ["a", "b", "*", ".", "example", ":", "/k/s", "-", ":", " "]
    .concat("#", "\n", "\n", "DKSIGNWITH=dkim", ",", "B", "\r\n", "ü", "%");
  for (let round = 0; round < 20_000; round++) {
    const good = random.oneIn(2) ? "a.example:/k/s\n*.b:-\n" : "";
    const text = good + random.text(pieces, 0, 40);
    const domain = random.pick(["a", "b", "a.b", "a.example", "b.a.example"]);
    assertEquals(
      outcome(() => describe(new KeyTable(text).find(domain))),
      outcome(() => describe(slowly(text, domain))),
      `${JSON.stringify(text)} ${domain}`,
    );
  }
});

Deno.test("`KeyTable` finds the same in every split of a table into parts, and asks for no more than it needs", () => {
  const lines = TABLE.split("\n").map((line) => `\n${line}`);
  for (let splits = 0; splits < 2 ** (lines.length - 1); splits++) {
    const parts = [lines[0]!];
    for (const [n, line] of lines.slice(1).entries()) {
      if (splits >> n & 1) parts.push(line);
      else parts[parts.length - 1] += line;
    }
    let asked = 0;
    const table = new KeyTable(
      parts.values().map((part) => {
        asked++;
        return part;
      }),
    );
    const number = table.find("customer.example")!.number();
    assertEquals(number, 3);
    assertEquals(
      asked,
      1 + parts.findIndex((part) => part.includes(lines[2]!)),
    );
    for (const [domain, ...expected] of Object.values(ROWS)) {
      assertEquals(describe(table.find(domain)), expected, String(splits));
    }
    assertEquals(
      table.lines().map(describe),
      new KeyTable(TABLE).lines().map(describe),
    );
  }
});

/** The first line for a domain, each line read by itself. */
function slowly(text: string, domain: string): KeyLine | undefined {
  const before: string[] = [];
  for (const line of text.split("\n")) {
    const [read] = new KeyTable(line.replace(/^/, "\n".repeat(before.length)))
      .lines();
    before.push(line);
    const { domains } = read ?? {};
    if (
      domains === "*" || domains === domain ||
      domains?.startsWith("*.") && domain.endsWith(domains.slice(1))
    ) return read;
  }
  return undefined;
}

function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}
