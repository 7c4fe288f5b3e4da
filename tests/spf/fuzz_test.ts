// SPF records, macros, senders and addresses by chance: nothing throws, nothing asks without end.
// FUZZ_FULL=1 asks for ten times as many, FUZZ_SEED=n for another start.

import { assert, assertEquals } from "@std/assert";
import {
  formatAddress,
  parseAddress,
  parseClientAddress,
} from "../../lib/spf/address.ts";
import { evaluateSpf } from "../../lib/spf/evaluation.ts";
import { SPF_RESULTS } from "../../lib/spf/finding.ts";
import { parseMacroString } from "../../lib/spf/macro.ts";
import { parseRecord, selectRecords } from "../../lib/spf/record.ts";
import type { Zone, ZoneEntry } from "../../scripts/host/zone.ts";
import { DnsTable } from "../support/dns_table.ts";
import { Random } from "../support/random.ts";

const RUNS = Deno.env.get("FUZZ_FULL") ? 200_000 : 20_000;
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? 1);

/** The record, ten includes, ten MX hosts for each of ten terms in both families, and PTR. */
const QUESTIONS_LIMIT = 1 + 10 + 10 * 2 * 11 + 12;

const NAMES = ["a.example", "b.example", "c.example", "d.a.example", "e.x"];
const MACROS = [
  ..."slodiphcrtvSLODIPHCRTVzq".split("").map((letter) => `%{${letter}}`),
  "%{d2}",
  "%{l1r-}",
  "%{ir}",
  "%{p2r+}",
  "%{d0}",
  "%{s99999999999r.-+,/_=}",
  "%%",
  "%_",
  "%-",
  "%",
  "%{",
];
const PIECES = [
  ...["all", "include:", "a", "a:", "mx", "mx:", "ptr", "ptr:", "exists:"],
  ...["ip4:192.0.2.1", "ip4:192.0.2.0/24", "ip6:2001:db8::/32", "ip6:"],
  ...["redirect=", "exp=", "x=", "/24", "//64", "/0", "/", ":", "="],
  ...[
    " ",
    " ",
    " ",
    " ",
    "-",
    "~",
    "?",
    "+",
    ".",
    ".example",
    "\t",
    "\0",
    "\xff",
  ],
  ...NAMES,
  ...MACROS,
];

function randomRecord(random: Random): string {
  if (random.oneIn(3)) return `v=spf1 ${random.text(PIECES, 0, 30)}`;
  const spec = () =>
    random.oneIn(2)
      ? random.pick(NAMES)
      : `${random.pick(MACROS)}.${random.pick(NAMES)}`;
  const term = () =>
    random.pick([
      () => `include:${spec()}`,
      () => `a:${spec()}/${random.below(34)}`,
      () => `mx:${spec()}`,
      () => "mx//64",
      () => "ptr",
      () => `ptr:${spec()}`,
      () => `exists:${spec()}`,
      () => `ip4:192.0.2.${random.below(4)}`,
      () => `redirect=${spec()}`,
      () => `exp=${spec()}`,
      () => random.pick(["all", "a", "x=y", "ip6:::/0"]),
    ])();
  const terms = Array.from(
    { length: random.below(8) },
    () => random.pick(["", "", "-", "~", "?"]) + term(),
  );
  return `v=spf1 ${terms.join(" ")}`;
}

function randomEntry(random: Random): ZoneEntry {
  const some = <Item>(item: () => Item) =>
    Array.from({ length: random.below(random.oneIn(9) ? 20 : 3) }, item);
  const entry = {
    TXT: [randomRecord(random), ...some(() => random.text(PIECES, 0, 9))],
    A: ["192.0.2.1", ...some(() => `192.0.2.${random.below(9)}`)],
    AAAA: some(() => random.pick(["2001:db8::1", "::1", "no address"])),
    MX: some(() => [random.below(3), random.pick(NAMES)] as [number, string]),
    PTR: some(() => random.pick(NAMES)),
  };
  return random.pick<() => ZoneEntry>([
    () => entry,
    () => entry,
    () => ({ TXT: entry.TXT }),
    () => ({ ...entry, errors: { A: "timeout" } }),
    () => ({ MX: entry.MX, error: "servfail" }),
    () => ({ CNAME: [random.pick(NAMES)] }),
  ])();
}

function randomZone(random: Random): Zone {
  const reverse = [
    "1.2.0.192.in-addr.arpa",
    `1.${"0.".repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`,
  ];
  return Object.fromEntries(
    [...NAMES, ...reverse].filter(() => !random.oneIn(6))
      .map((name) => [name, randomEntry(random)]),
  );
}

Deno.test("`evaluateSpf()` has a result for any record, any DNS and any sender", async () => {
  const seen = new Set<string>();
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    const random = new Random(seed);
    const table = new DnsTable(randomZone(random));
    const localPart = random.text(["a", "-", "+", ".", "@", "\xff", " "], 0, 9);
    const finding = await evaluateSpf({
      client: parseClientAddress(
        random.pick(["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"]),
      )!,
      mailFrom: random.pick([
        `${localPart}@${random.pick(NAMES)}`,
        "",
        "\xff@",
      ]),
      helo: random.pick(["", ...NAMES, "[192.0.2.1]", "\0"]),
      explain: true,
    }, { resolver: table, now: seed });
    assert(SPF_RESULTS.includes(finding.result), `FUZZ_SEED=${seed}`);
    const { explanation = " " } = finding;
    assert(/^[\x20-\x7e]+$/.test(explanation), `FUZZ_SEED=${seed}`);
    const { length: asked } = table.asked;
    assert(asked <= QUESTIONS_LIMIT, `${asked} questions, FUZZ_SEED=${seed}`);
    assertEquals(new Set(table.asked).size, asked, `FUZZ_SEED=${seed}`);
    seen.add(finding.result);
  }
  assertEquals(seen, new Set(SPF_RESULTS));
});

Deno.test("`evaluateSpf()` takes a resolver that throws for temporary trouble", async () => {
  const finding = await evaluateSpf({
    client: parseClientAddress("192.0.2.1")!,
    mailFrom: "alice@example.com",
  }, {
    resolver: {
      lookup() {
        throw new Error("no socket");
      },
    },
    now: 0,
  });
  assertEquals(finding.result, "temperror");
});

Deno.test("`parseRecord()` and `parseMacroString()` throw at nothing", () => {
  let good = 0;
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    const random = new Random(seed);
    const text = random.text(PIECES, 0, 40);
    parseMacroString(text);
    parseMacroString(text, true);
    const [record] = selectRecords([
      random.oneIn(2) ? `v=spf1 ${text}` : randomRecord(random),
    ]);
    if (typeof parseRecord(record!) !== "string") good++;
  }
  assert(good > RUNS / 10, `${good} of ${RUNS} parse`);
});

Deno.test("`formatAddress()` writes what `parseAddress()` reads", () => {
  const pieces = ["0", "0", "1", "ffff", "a", ":", ":", "::", ".", "192.0.2.1"];
  let good = 0;
  for (let seed = SEED; seed < SEED + RUNS; seed++) {
    const random = new Random(seed);
    parseClientAddress(random.text(pieces, 0, 20));
    const address = parseAddress(
      random.oneIn(2)
        ? Array.from({ length: 8 }, () => random.pick(pieces.slice(0, 5))).join(
          ":",
        )
        : random.text(pieces, 0, 20),
    );
    if (address === undefined) continue;
    assertEquals(parseAddress(formatAddress(address)), address);
    // RFC 5952 is how URLs write it.
    const url = address.family === 6 &&
      URL.parse(`http://[${formatAddress(address)}]`);
    if (url) assertEquals(url.hostname, `[${formatAddress(address)}]`);
    good++;
  }
  assert(good > RUNS / 10, `${good} of ${RUNS} are addresses`);
});

for (
  const [what, text] of Object.entries({
    slashes: "/1".repeat(2000),
    digits: "/".repeat(10) + "1".repeat(4000),
    "open macros": "%{".repeat(2000),
    percents: "%%".repeat(2000),
    colons: "a:".repeat(2000),
    dots: "a:" + "a.".repeat(2000),
    "groups of an address": "ip6:" + "1:".repeat(2000),
  })
) {
  Deno.test(`\`parseRecord()\` gets through ${what}`, () => {
    for (const tail of ["", "x", "!", "%"]) {
      parseRecord(`v=spf1 ${text}${tail}`);
    }
  });
}
