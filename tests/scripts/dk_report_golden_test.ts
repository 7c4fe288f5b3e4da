// dk-report on a log of 5,000 messages that the passes made: every figure is counted once more by awk.

import { assert, assertEquals } from "@std/assert";
import { readFigures, runReport } from "../support/dk_report.ts";
import {
  BEGIN,
  formatLabel,
  makeGoldenLog,
  OURS,
  STEP,
} from "../support/golden_log.ts";

const log = await makeGoldenLog();
const SINCE = formatLabel(BEGIN);
const UNTIL = formatLabel(BEGIN + OURS * STEP);
const figures = await readFigures(["--since", SINCE, "--until", UNTIL], log);

/** What an awk program counts in `count`, by name. */
async function countByAwk(rules: string): Promise<Record<string, number>> {
  const process = new Deno.Command("awk", {
    args: [
      `$2 !~ /^(qmail-dk|dk-sign|dk-verify):$/ { next }
      ${rules}
      END { for (name in count) print count[name] "\\t" name }`,
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  const written = writer.write(new TextEncoder().encode(log))
    .then(() => writer.close());
  const { stdout } = await process.output();
  await written;
  return Object.fromEntries(
    new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) => {
      const [count, ...name] = line.split("\t");
      return [name.join(" "), Number(count)];
    }),
  );
}

function byName<Row extends { mails: number }>(
  rows: Row[],
  nameOf: (row: Row) => string,
): Record<string, number> {
  return Object.fromEntries(rows.map((row) => [nameOf(row), row.mails]));
}

Deno.test("dk-report counts each of our lines and none of others", async () => {
  const counted = await countByAwk(`{ count["all"]++ }`);
  assertEquals(counted, { all: OURS });
  assertEquals(figures.mails, OURS);
  assertEquals(figures.lines, {
    outsidePeriod: 0,
    withoutTime: 0,
    withoutTimeCounted: false,
    tooLong: 0,
  });
});

Deno.test("dk-report counts what became of mails", async () => {
  const counted = await countByAwk(`
    $3 == "signed" && $4 != "before" { count["signed"]++; next }
    $3 == "signed" || $3 == "unsigned" || $3 == "passed" { count["unsigned"]++; next }
    $3 == "verified" { count[/ (dkim|domainkeys)=pass/ ? "pass" : "no pass"]++; next }
    { count[$3]++ }`);
  assertEquals(
    byName(
      figures.outcomes.filter(({ mails }) => mails > 0),
      ({ outcome }) => outcome,
    ),
    counted,
  );
  assertEquals(Object.keys(counted).toSorted(), [
    "deferred",
    "failed",
    "no pass",
    "pass",
    "rejected",
    "signed",
    "unsigned",
  ]);
});

Deno.test("dk-report counts why mail was not signed", async () => {
  const counted = await countByAwk(`
    $3 == "unsigned" || $3 == "passed" {
      match($0, /reason="[^"]*"/)
      name = $3 == "passed" ? "passed on" : $3
      count[name " " substr($0, RSTART + 8, RLENGTH - 9)]++
    }`);
  assertEquals(
    byName(figures.unsigned, ({ action, reason }) => `${action} ${reason}`),
    counted,
  );
  assert(Object.keys(counted).length >= 3);
});

Deno.test("dk-report counts letters and results, a mail once for each scheme", async () => {
  const counted = await countByAwk(`
    / domainkeys=/ {
      match($0, / domainkeys=[a-z]+ letter=[A-Z]/)
      split(substr($0, RSTART, RLENGTH), word, /[ =]/)
      count["domainkeys " word[5] " " word[3]]++
    }
    / dkim=/ {
      n = split($0, part, " dkim=")
      best = part[2]
      for (i = n; i >= 2; i--) if (part[i] ~ /^pass /) best = part[i]
      split(best, word, /[ =]/)
      count["dkim " word[3] " " word[1]]++
    }`);
  assertEquals(
    byName(
      figures.results,
      ({ scheme, letter, result }) => `${scheme} ${letter} ${result}`,
    ),
    counted,
  );
  assert(Object.keys(counted).length >= 6);
});

Deno.test("dk-report counts what was refused and deferred by letters", async () => {
  const counted = await countByAwk(`
    $3 == "rejected" || $3 == "deferred" {
      match($0, / domainkeys=[a-z]+ letter=[A-Z]/)
      keys = substr($0, RSTART + RLENGTH - 1, 1)
      match($0, / dkim=[a-z]+ letter=[A-Z]/)
      count[$3 " domainkeys " keys ", dkim " substr($0, RSTART + RLENGTH - 1, 1)]++
    }`);
  assertEquals(
    byName(figures.refused, ({ action, cause }) => `${action} ${cause}`),
    counted,
  );
  assert(Object.keys(counted).length >= 2);
});

Deno.test("dk-report counts failures by exit code", async () => {
  const counted = await countByAwk(
    `$3 == "failed" { sub(/^exit=/, "", $4); count[$4]++ }`,
  );
  assertEquals(byName(figures.failed, ({ exit }) => exit), counted);
  assertEquals(counted, { 53: OURS / 500 });
});

Deno.test("dk-report counts signatures by domain, selector and algorithm", async () => {
  const counted = await countByAwk(`
    $3 == "signed" && $4 != "before" {
      for (i = 4; i <= NF; i++) {
        if ($i ~ /^d=/) name = substr($i, 3)
        if ($i ~ /^s=/) name = name " " substr($i, 3)
        if ($i ~ /^a=/) count[name " " substr($i, 3)]++
      }
    }`);
  assertEquals(
    byName(
      figures.selectors,
      (row) => `${row.domain} ${row.selector} ${row.algorithm}`,
    ),
    counted,
  );
  assertEquals(Object.keys(counted).length, 4);
});

Deno.test("dk-report counts the mails of a domain whose signature fails", async () => {
  const counted = await countByAwk(`
    / (dkim|domainkeys)=/ {
      result = ""; delete seen
      for (i = 4; i <= NF; i++) {
        if ($i ~ /^(dkim|domainkeys)=/) { split($i, word, "="); result = word[2] }
        if ($i ~ /^d=/ && result != "pass" && !seen[$i]++) count[substr($i, 3)]++
      }
    }`);
  assertEquals(byName(figures.failingDomains, ({ domain }) => domain), counted);
  assert((counted["example.com"] ?? 0) > 0);
});

Deno.test("dk-report counts forged fields", async () => {
  const counted = await countByAwk(`
    match($0, / forged=[0-9]+/) {
      count["mails"]++; count["fields"] += substr($0, RSTART + 8, RLENGTH - 8)
    }`);
  assertEquals({ ...figures.forged }, counted);
});

Deno.test("dk-report counts the mails of each day", async () => {
  const counted = await countByAwk(`
    function hex(text,  i, value) {
      for (i = 1; i <= length(text); i++)
        value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
      return value
    }
    { count[int((hex(substr($1, 10, 8)) - 10) / 86400)]++ }`);
  const days = figures.days.map(({ day, ...counts }) => [
    String(Date.parse(day) / 86_400_000),
    Object.values(counts).reduce((sum, count) => sum + Number(count), 0),
  ]);
  assertEquals(Object.fromEntries(days), counted);
  assertEquals(days.length, 8);
});

Deno.test("dk-report counts from --since on, and not what is at --until", async () => {
  const middle = formatLabel(BEGIN + 2500 * STEP, 2500 * 1000);
  const before = await readFigures(["--since", SINCE, "--until", middle], log);
  const after = await readFigures(["--since", middle, "--until", UNTIL], log);
  assertEquals([before.mails, after.mails], [2500, 2500]);
  assertEquals(
    [before.lines.outsidePeriod, after.lines.outsidePeriod],
    [2500, 2500],
  );
});

Deno.test("dk-report prints tables of at most 80 columns of printable ASCII", async () => {
  const { code, stdout } = await runReport(
    ["--since", SINCE, "--until", UNTIL],
    log,
  );
  assertEquals(code, 0);
  const lines = stdout.trimEnd().split("\n");
  assertEquals(lines.filter((line) => !/^[ -~]{0,80}$/.test(line)), []);
  for (const { letter, result, mails } of figures.results) {
    const row = new RegExp(` ${letter} +${result} +${mails}$`);
    assert(lines.some((line) => row.test(line)), `${letter} ${result}`);
  }
});
