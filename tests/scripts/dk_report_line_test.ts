// The lines that dk-report reads: TAI64N labels, what syslog and others put in front, hostile octets;
// and that every key of the log line is in dk-report(8).

import { assert, assertEquals } from "@std/assert";
import { NOTE_NAMES } from "../../lib/pass/note_names.ts";
import { Candidates, MAX_LINE } from "../../scripts/dk_report/candidates.ts";
import { Counter, MAX_NAMES } from "../../scripts/dk_report/counter.ts";
import { parseLogLine } from "../../scripts/dk_report/log_line.ts";
import { parseTime } from "../../scripts/dk_report/period.ts";
import { parseTai64n } from "../../scripts/dk_report/tai64n.ts";
import { formatLog } from "../../lib/system/process/log.ts";
import { documented, sectionOf } from "../support/manual.ts";

const NOW = Date.UTC(2026, 10, 27, 12);

for (
  const [label, time] of [
    // The example of the TAI64 description: 08:07:09 TAI.
    ["@400000002a2b2c2d00000000", Date.UTC(1992, 5, 2, 8, 7, 9) - 10_000],
    // 1970 began ten seconds into what TAI calls 1970.
    ["@400000000000000a00000000", 0],
    ["@400000000000000900000000", -1000],
    ["@400000000000000a3b9ac9ff", 999],
    ["@400000010000000a00000000", 2 ** 32 * 1000],
    ["@400000000000000A00000000", undefined],
    ["@400000000000000a0000000", undefined],
    ["400000000000000a00000000", undefined],
  ] as const
) {
  Deno.test(`parseTai64n() reads "${label}"`, () => {
    assertEquals(parseTai64n(label), time);
  });
}

const LINE = `dk-sign: signed d=example.com s=a a=rsa-sha256 next=/q qp=7`;
const local = (...parts: [number, number, number, number, number, number]) =>
  new Date(...parts).getTime();

const PREFIXES: Record<string, [prefix: string, at: number | undefined]> = {
  "nothing": ["", undefined],
  "multilog": ["@400000006a1b0000075bcd15 ", (0x6a1b0000 - 10) * 1000 + 123],
  "syslogd": ["Nov 26 01:02:03 mx smtpd[12]: ", local(2026, 10, 26, 1, 2, 3)],
  "syslogd on a day of one digit": [
    "Nov  6 01:02:03 mx smtpd: ",
    local(2026, 10, 6, 1, 2, 3),
  ],
  "syslogd last year": [
    "Dec 31 23:59:59 mx smtpd: ",
    local(2025, 11, 31, 23, 59, 59),
  ],
  "syslogd, our name as the tag": [
    "Nov 26 01:02:03 mx ",
    local(2026, 10, 26, 1, 2, 3),
  ],
  "rsyslog": [
    "2026-11-26T01:02:03.456789+01:00 mx smtpd[12]: ",
    Date.UTC(2026, 10, 26, 0, 2, 3, 456),
  ],
  "splogger": [
    "Nov 26 01:02:03 mx qmail: 1795654923.250000 ",
    1795654923250,
  ],
  "multilog behind syslog": [
    "Nov 26 01:02:03 mx smtpd: @400000006a1b000000000000 ",
    (0x6a1b0000 - 10) * 1000,
  ],
  "svlogd -tt": ["2026-11-26_01:02:03.5 ", local(2026, 10, 26, 1, 2, 3) + 500],
  "tai64nlocal": [
    "2026-11-26 01:02:03.500000000 ",
    local(2026, 10, 26, 1, 2, 3) + 500,
  ],
};

for (const [name, [prefix, at]] of Object.entries(PREFIXES)) {
  Deno.test(`parseLogLine() reads a line with what is in front of it: ${name}`, () => {
    assertEquals(parseLogLine(prefix + LINE, NOW), {
      program: "dk-sign",
      action: "signed",
      at,
      notes: [
        ["d", "example.com"],
        ["s", "a"],
        ["a", "rsa-sha256"],
        ["next", "/q"],
        ["qp", "7"],
      ],
    });
  });

  Deno.test(`a line is a candidate with what is in front of it: ${name}`, () => {
    assertEquals(candidatesOf(`x\n${prefix}${LINE}\ny: z\n`), [prefix + LINE]);
  });
}

for (
  const line of [
    "tcpserver: ok 7 dk-sign: signed d=example.com",
    "@400000006a1b000000000000 qmail-smtpd: HELO dk-sign: signed d=example.com qp=1",
    "dk-sign: Signed d=example.com",
    "xdk-sign: signed d=example.com",
    "dk-sign: signed d=\x1b[2J",
    "dk-sign: signed d=exam\u00e9ple.com",
    "dk-sign: signed d=a\tb",
    "dk-doctor: signed d=example.com",
    "",
  ]
) {
  Deno.test(`parseLogLine() takes no line of others: "${line}"`, () => {
    assertEquals(parseLogLine(line, NOW), undefined);
  });
}

Deno.test("parseLogLine() reads what formatLog() writes", () => {
  const notes: [keyof typeof NOTE_NAMES, string][] = [
    ["reason", "a b=c d"],
    ["d", "x=y"],
    ["warning", ""],
  ];
  for (const action of ["signed before", "passed on", "failed"]) {
    const line = formatLog("qmail-dk", action, notes, 7);
    const parsed = parseLogLine(line, NOW);
    assertEquals(parsed?.action, action);
    assertEquals(parsed?.notes, [...notes, ["qp", "7"]]);
  }
});

Deno.test("parseLogLine() reads of a cut line what is whole in front of the cut", () => {
  const line = `dk-sign: unsigned d=a reason="no key`;
  assertEquals(parseLogLine(line, NOW)?.notes, [["d", "a"]]);
});

function candidatesOf(log: string, size = log.length): string[] {
  const octets = new TextEncoder().encode(log);
  const found: string[] = [];
  const candidates = new Candidates((line) => found.push(line));
  for (let at = 0; at < octets.length; at += size) {
    candidates.push(octets.subarray(at, at + size));
  }
  candidates.end();
  return found;
}

Deno.test("every split of a log gives the same candidates", () => {
  const log =
    `a: b\n${LINE}\n\nqmail-dk: failed exit=1\nlast dk-verify: verified`;
  const whole = candidatesOf(log);
  assertEquals(whole.length, 3);
  for (let size = 1; size < log.length; size++) {
    assertEquals(candidatesOf(log, size), whole);
  }
});

Deno.test("a line that is too long is passed over and said, with what is behind it read", () => {
  const found: string[] = [];
  const candidates = new Candidates((line) => found.push(line));
  const long = new TextEncoder().encode(
    `${LINE} ${"x".repeat(MAX_LINE)}\n${LINE}\n`,
  );
  for (let at = 0; at < long.length; at += 5000) {
    candidates.push(long.subarray(at, at + 5000));
  }
  candidates.push(new Uint8Array(1 << 20).fill(0x78));
  candidates.end();
  assertEquals([found, candidates.tooLong], [[LINE], 2]);
});

Deno.test("Counter holds the frequent of too many names, and says so", () => {
  const counter = new Counter(() => ({ count: 0 }), ({ count }) => count);
  for (let n = 0; n < 3 * MAX_NAMES; n++) {
    counter.at("often").count++;
    counter.at(`once ${n}`).count++;
  }
  const [[name, { count }]] = counter.sorted() as [[string, { count: number }]];
  assertEquals([name, count, counter.isCut], ["often", 3 * MAX_NAMES, true]);
  assert(counter.sorted().length <= MAX_NAMES);
});

for (
  const [text, time] of [
    ["2026-11-26", local(2026, 10, 26, 0, 0, 0)],
    ["2026-11-26 13:05", local(2026, 10, 26, 13, 5, 0)],
    ["2026-11-26T13:05:01Z", Date.UTC(2026, 10, 26, 13, 5, 1)],
    ["36h", NOW - 36 * 3_600_000],
    ["2w", NOW - 14 * 86_400_000],
    ["@400000000000000a00000000", 0],
    ["2026-02-30", undefined],
    ["yesterday", undefined],
    ["7", undefined],
  ] as const
) {
  Deno.test(`parseTime() reads "${text}"`, () => {
    assertEquals(parseTime(text, NOW), time);
  });
}

Deno.test("dk-report(8) lists every key of the log line with its meaning", () => {
  const lines = sectionOf(documented("dk-report").page, "DESCRIPTION");
  const listed = lines.flatMap((line, n) =>
    line.startsWith(".It Cm ") ? [[line.slice(7), lines[n + 1]]] : []
  );
  assertEquals(listed, Object.entries(NOTE_NAMES));
});
