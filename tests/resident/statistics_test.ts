// The statistics are what Prometheus' exposition format (0.0.4) says, and count what was done.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Statistics } from "../../lib/resident/statistics.ts";

const VERSION = { version: "0.1.0-abc", residentBytes: 123 };

/** A sample: a metric name, labels, a value. */
const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)$/;

/** Parses as a collector does, and throws for what it would not take. */
function parse(text: string): Map<string, number> {
  assert(text.endsWith("\n"), "the last line has no end");
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  for (const line of text.slice(0, -1).split("\n")) {
    const [, typed, type] = /^# TYPE (\S+) (counter|gauge|histogram)$/
      .exec(line) ?? [];
    if (typed !== undefined) {
      assert(!types.has(typed), `two types of ${typed}`);
      types.set(typed, type!);
      continue;
    }
    const [, name = "", labels = "", value] = SAMPLE.exec(line) ?? [];
    assertMatch(line, SAMPLE);
    const family = name.replace(/_(bucket|sum|count)$/, "");
    assert(types.has(name) || types.get(family) === "histogram", line);
    const key = labels === "" ? name : `${name}{${labels}}`;
    assert(!samples.has(key), `two samples of ${key}`);
    samples.set(key, Number(value));
  }
  return samples;
}

Deno.test("`Statistics` of no mail are an exposition", () => {
  const samples = parse(new Statistics(() => 0).format(VERSION));
  assertEquals(samples.get("dk_work_seconds_count"), 0);
  assertEquals(samples.get('dk_info{version="0.1.0-abc"}'), 1);
  assertEquals(samples.get("dk_resident_memory_bytes"), 123);
});

Deno.test("`Statistics` count mails by program and answer, and their time", () => {
  const clock = { now: 100 };
  const statistics = new Statistics(() => clock.now);
  const mails = ["dk-sign", "dk-sign", "dk-verify"].map((program) =>
    statistics.begin(program)
  );
  clock.now += 0.004;
  mails[0]!.end({ action: "queue", log: "" });
  clock.now += 0.5;
  mails[1]!.end({ action: "again" });
  clock.now += 100;
  const working = parse(statistics.format(VERSION));
  assertEquals(working.get("dk_slots_working"), 1);
  mails[2]!.end({ action: "refuse", code: 31, log: "" });
  statistics.full();
  statistics.unknown();
  const samples = parse(statistics.format(VERSION));
  const mailsOf = (program: string, answer: string) =>
    samples.get(`dk_mails_total{program="${program}",answer="${answer}"}`);
  assertEquals(mailsOf("dk-sign", "queue"), 1);
  assertEquals(mailsOf("dk-sign", "again"), 1);
  assertEquals(mailsOf("dk-verify", "exit 31"), 1);
  assertEquals(samples.get("dk_slots_working"), 0);
  assertEquals(samples.get("dk_slots_working_max"), 3);
  assertEquals(samples.get("dk_no_slot_total"), 1);
  assertEquals(samples.get("dk_unknown_requests_total"), 1);
  assertEquals(samples.get("dk_uptime_seconds"), 100);
  const buckets = [...samples].filter(([key]) => key.includes("_bucket"));
  const counts = buckets.map(([, count]) => count);
  assertEquals(counts, counts.toSorted((a, b) => a - b), "not cumulative");
  assertEquals(samples.get('dk_work_seconds_bucket{le="0.0025"}'), 0);
  assertEquals(samples.get('dk_work_seconds_bucket{le="0.005"}'), 1);
  assertEquals(samples.get('dk_work_seconds_bucket{le="1"}'), 2);
  assertEquals(samples.get('dk_work_seconds_bucket{le="+Inf"}'), 3);
  assertEquals(samples.get("dk_work_seconds_count"), 3);
  assert(Math.abs(samples.get("dk_work_seconds_sum")! - 101.012) < 1e-3);
});

Deno.test("`Statistics` let no launcher write lines", () => {
  const statistics = new Statistics(() => 0);
  statistics.begin('x"} 1\ny{a="\\').end({ action: "again" });
  const samples = parse(
    statistics.format({ ...VERSION, version: 'v"\n\\'.repeat(1000) }),
  );
  const names = [...samples.keys()].filter((key) => key.includes("program="));
  assertEquals(names.length, 1);
});
