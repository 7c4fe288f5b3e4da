// README and manual pages say what the code says: the same variables, control files, exit codes and
// letters.

import { assert, assertEquals } from "@std/assert";
import { DKIM_STATUS } from "../../lib/dkim/status.ts";
import { DOMAINKEYS_STATUS } from "../../lib/domainkeys/status.ts";
import { DMARC_STATUS, type DmarcStatus } from "../../lib/dmarc/status.ts";
import { chooseAction } from "../../lib/policy/action.ts";
import {
  DKIM_LETTERS,
  DOMAINKEYS_LETTERS,
  formatErrorText,
  type StatusLetter,
} from "../../lib/policy/letters.ts";
import { DMARC_LETTERS } from "../../lib/policy/dmarc_letters.ts";
import {
  formatDmarcText,
  formatSpfText,
} from "../../lib/policy/refusal_text.ts";
import { SPF_LETTERS } from "../../lib/policy/spf_letters.ts";
import { SCHEMES } from "../../lib/ports/signing.ts";
import { SPF_RESULTS } from "../../lib/spf/finding.ts";
import { EXIT } from "../../lib/qmail/exit_code.ts";
import { Statistics } from "../../lib/resident/statistics.ts";
import {
  CONTROL_FILES,
  LAUNCHER_VARIABLES,
  type Setting,
  VARIABLES,
} from "../../lib/system/configuration/variables.ts";
import {
  codeOf,
  DOCUMENTED,
  documented,
  itemsOf,
  listOf,
  readmeTable,
  readmeTables,
  sectionOf,
} from "../support/manual.ts";

/** What a program reads, and its launcher. */
const ALL_VARIABLES = { ...VARIABLES, ...LAUNCHER_VARIABLES };

Deno.test("the README lists the variables and control files with their meanings", () => {
  for (
    const { head, settings } of [
      { head: "variable", settings: ALL_VARIABLES },
      { head: "control file", settings: CONTROL_FILES },
    ]
  ) {
    assertEquals(
      readmeTable(head).map(([name, means]) => [codeOf(name), means]),
      Object.entries<Setting>(settings).map(([name, { means }]) => [
        name,
        means,
      ]),
    );
  }
});

for (const { name, page } of DOCUMENTED) {
  Deno.test(`${page} lists the variables that ${name} reads`, () => {
    const items = itemsOf(sectionOf(page, "ENVIRONMENT"), "Ev");
    assertEquals(items.toSorted(), namesReadBy(name, ALL_VARIABLES));
  });

  Deno.test(`${page} lists the control files that ${name} reads`, () => {
    const items = itemsOf(sectionOf(page, "FILES"), "Pa")
      .filter((path) => path.startsWith("control/"))
      .map((path) => path.slice("control/".length));
    assertEquals(items.toSorted(), namesReadBy(name, CONTROL_FILES));
  });
}

function namesReadBy(program: string, settings: Record<string, Setting>) {
  return Object.entries(settings)
    .filter(([, { programs }]) => programs.some((name) => name === program))
    .map(([name]) => name)
    .toSorted();
}

/** What qmail-rspawn takes for temporary, whatever has been reported. */
const CRASHED = 111;

const EXIT_CODES = [0, ...Object.values<number>(EXIT)];

Deno.test("the README lists the exit codes of what stands in for qmail-queue", () => {
  const codes = readmeTable("code").flatMap(([cell = ""]) => cell.split(", "));
  assertEquals(codes.map(Number), EXIT_CODES);
});

Deno.test("qmail-dk(8) lists the exit codes", () => {
  const lines = sectionOf(documented("qmail-dk").page, "EXIT STATUS");
  assertEquals(exitCodesOf(lines), EXIT_CODES);
});

for (const name of ["dk-sign", "dk-verify"]) {
  Deno.test(`${name}(8) refers to the exit codes of qmail-dk(8)`, () => {
    const lines = sectionOf(documented(name).page, "EXIT STATUS");
    assert(lines.includes(".Xr qmail-dk 8"));
    const numbers = lines.filter((line) => !line.startsWith("."))
      .flatMap((line) => line.match(/\d+/g) ?? []).map(Number);
    assert(numbers.length > 0);
    assertEquals(numbers.filter((code) => !EXIT_CODES.includes(code)), []);
  });
}

Deno.test("dk-remote(8) lists the exit codes that qmail-rspawn takes for temporary", () => {
  const lines = sectionOf(documented("dk-remote").page, "EXIT STATUS");
  assertEquals(exitCodesOf(lines), [0, CRASHED]);
});

function exitCodesOf(lines: string[]): number[] {
  return lines.flatMap((line) => /^\.It (\d+)$/.exec(line)?.[1] ?? [])
    .map(Number);
}

/** A status of each scheme that is rejected, and one that is deferred. */
const REFUSALS = {
  domainkeys: {
    reject: { ...DOMAINKEYS_STATUS.noKey, letter: "D" },
    defer: { ...DOMAINKEYS_STATUS.cannotVerify, letter: "F" },
  },
  dkim: {
    reject: { ...DKIM_STATUS.badBodyHash, letter: "P" },
    defer: { ...DKIM_STATUS.dnsTemporary, letter: "K" },
  },
};

Deno.test("qmail-dk(8) has the texts for the SMTP client", () => {
  const lines = sectionOf(documented("qmail-dk").page, "DIAGNOSTICS");
  assertEquals(
    lines.filter((line) => /^[DZ]DomainKeys/.test(line)),
    SCHEMES.toReversed().flatMap((scheme) =>
      (["reject", "defer"] as const).map((action) =>
        formatErrorText({ action, scheme }, {
          ...REFUSALS[scheme][action],
          domain: "example.com",
        })
      )
    ),
  );
});

const ACTION_TABLES = {
  "the README": readmeTable("RELAYCLIENT"),
  "qmail-dk(8)": rowsOf(
    sectionOf(documented("qmail-dk").page, "DESCRIPTION"),
    "The environment decides what is done:",
  ).slice(1),
};

for (const [name, rows] of Object.entries(ACTION_TABLES)) {
  Deno.test(`${name} says of each setting of three variables what is done`, () => {
    const said = rows.flatMap((
      [relay = "", verify = "", sign = "", verb = ""],
    ) =>
      valuesOf(relay).flatMap((relayClient) =>
        valuesOf(verify).flatMap((dkVerify) =>
          valuesOf(sign).map((dkSign) => ({
            orders: {
              relayClient,
              isVerified: dkVerify !== undefined,
              dkSign,
            },
            verb: verb.split(" ")[0],
          }))
        )
      )
    );
    assertEquals(
      new Set(said.map(({ orders }) => JSON.stringify(orders))).size,
      8,
    );
    for (const { orders, verb } of said) {
      assertEquals(verb, VERBS[chooseAction(orders)]);
    }
  });
}

const VERBS = { "sign": "signs", "verify": "verifies", "pass on": "passes" };

function valuesOf(cell: string): (string | undefined)[] {
  return { set: [""], unset: [undefined], any: ["", undefined] }[cell] ?? [];
}

function rowsOf(lines: string[], title: string): string[][] {
  return listOf(lines, title)
    .filter((line) => line.startsWith(".It "))
    .map((line) => line.slice(".It ".length).split(" Ta "));
}

const [LETTERS, METHOD_LETTERS] = readmeTables("") as [string[][], string[][]];

interface StatusWords {
  result: string;
  reason: string;
}

for (
  const { scheme, table, letters, cell } of [
    {
      scheme: "DomainKeys",
      table: DOMAINKEYS_STATUS as Record<string, StatusWords>,
      letters: DOMAINKEYS_LETTERS as Record<string, StatusLetter>,
      cell: 1,
    },
    {
      scheme: "DKIM",
      table: DKIM_STATUS as Record<string, StatusWords>,
      letters: DKIM_LETTERS as Record<string, StatusLetter>,
      cell: 2,
    },
  ]
) {
  Deno.test(`dk-verify(8) lists the letters of ${scheme}, and means what the README means`, () => {
    const lines = sectionOf(documented("dk-verify").page, "DESCRIPTION");
    const rows = rowsOf(lines, `${scheme}:`);
    const means = LETTERS.map((cells) => cells[cell]).filter(Boolean);
    assertEquals(
      rows,
      Object.entries(table).map(([status, { result, reason }], at) => [
        letters[status]?.letter,
        letters[status]?.name,
        `${result} (${reason})`,
        means[at] ?? "",
      ]),
    );
    assertEquals(means.length, rows.length);
  });
}

const METHODS: [method: string, said: [letter: string, result: string][]][] = [
  ["SPF", SPF_RESULTS.map((result) => [SPF_LETTERS[result], result])],
  [
    "DMARC",
    Object.entries(DMARC_STATUS).map(([status, { result }]) => [
      DMARC_LETTERS[status as DmarcStatus],
      result,
    ]),
  ],
];
for (const [at, [method, said]] of METHODS.entries()) {
  Deno.test(`dk-verify(8) and the README list the letters of ${method}`, () => {
    const lines = sectionOf(documented("dk-verify").page, "DESCRIPTION");
    const rows = rowsOf(lines, `${method}:`);
    assertEquals(rows.map(([letter, result]) => [letter, result]), said);
    const cells = METHOD_LETTERS.map((row) => [row[0]!, row[at + 1]!] as const)
      .filter(([, cell]) => cell !== "");
    assertEquals(
      cells.map(([letter, cell]) => [letter, cell.split(",")[0]]),
      said,
    );
  });
}

Deno.test("qmail-dk(8) has the texts of SPF and DMARC for the SMTP client", () => {
  const lines = sectionOf(documented("qmail-dk").page, "DIAGNOSTICS");
  assertEquals(
    lines.filter((line) => /^(?:[DZ](?:SPF|DMARC)|DEmail) /.test(line)),
    [
      formatSpfText("reject", "example.com", "192.0.2.1 is not ours"),
      formatSpfText("defer", "example.com"),
      formatDmarcText("reject", "example.com"),
      formatDmarcText("defer", "example.com"),
    ],
  );
});

Deno.test("the README has a row for each letter", () => {
  assertEquals(
    LETTERS.map(([letter]) => letter),
    Object.values(DKIM_LETTERS).map(({ letter }) => letter),
  );
});

Deno.test("dk-resident(8) has the names of what the process counts", () => {
  const statistics = new Statistics(() => 0);
  const text = statistics.format({ version: "1", residentBytes: 0 });
  assertEquals(
    itemsOf(sectionOf(documented("dk-resident").page, "FILES"), "Ic"),
    [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name),
  );
});
