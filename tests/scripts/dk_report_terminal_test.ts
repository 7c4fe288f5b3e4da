// What dk-report shows on a terminal alone: colours, and how far the reading has come.

import { assert, assertEquals } from "@std/assert";
import { figuresOf } from "../../scripts/dk_report/figures.ts";
import { parseLogLine } from "../../scripts/dk_report/log_line.ts";
import { Progress } from "../../scripts/dk_report/progress.ts";
import type { Section } from "../../scripts/dk_report/sections.ts";
import { Tally } from "../../scripts/dk_report/tally.ts";
import { formatTable, formatText } from "../../scripts/dk_report/text_table.ts";

Deno.test("formatText() has the same text with colours and without", () => {
  const tally = new Tally({ since: 0, until: 1, hasUntimed: true });
  tally.add(parseLogLine("dk-sign: signed d=a s=b a=c qp=1", 0)!);
  const figures = figuresOf(tally, 0);
  const plain = formatText(figures, false);
  const coloured = formatText(figures, true);
  // deno-lint-ignore no-control-regex
  assertEquals(coloured.replaceAll(/\x1b\[[0-9]+m/g, ""), plain);
  assert(coloured !== plain);
});

Deno.test("formatTable() cuts what does not fit into 80 columns", () => {
  const section: Section = {
    name: "",
    title: "",
    head: ["domain", "cause", "mails"],
    rows: [["d".repeat(253), "c".repeat(60), 7]],
  };
  const [head = "", row = ""] = formatTable(section);
  assertEquals([head.length, row.length], [80, 80]);
  assert(/^d+\.\.\. {2}c+\.\.\. {6}7$/.test(row), row);
});

/** What is written when so many octets are read at so many milliseconds. */
function watch(
  total: number | undefined,
  reads: [at: number, count: number][],
) {
  let now = 0;
  const written: string[] = [];
  {
    using progress = new Progress(
      (text) => written.push(text),
      total,
      () => now,
    );
    for (const [at, count] of reads) {
      now = at;
      progress.add(count);
    }
  }
  return written;
}

Deno.test("Progress says nothing in the first second", () => {
  assertEquals(watch(100e6, [[0, 1e6], [999, 99e6]]), []);
});

Deno.test("Progress says how much was read, at times, and goes away", () => {
  assertEquals(
    watch(100e6, [[500, 20e6], [1000, 20e6], [1100, 5e6], [1300, 5e6]]),
    [
      "\r\x1b[Kdk-report: read 40 MB of 100 MB, 40%",
      "\r\x1b[Kdk-report: read 50 MB of 100 MB, 50%",
      "\r\x1b[K",
    ],
  );
});

Deno.test("Progress says no percentage where the size is not known, or of what is packed", () => {
  for (const total of [undefined, 10e6]) {
    assertEquals(watch(total, [[1000, 40e6]]), [
      "\r\x1b[Kdk-report: read 40 MB",
      "\r\x1b[K",
    ]);
  }
});
