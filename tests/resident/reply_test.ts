// What a launcher is answered: always three lines, which a pipe takes at once.

import { assert, assertEquals } from "@std/assert";
import { formatReply, type Reply } from "../../lib/resident/reply.ts";

const ROWS: [name: string, reply: Reply, text: string][] = [
  [
    "queue",
    { action: "queue", log: "dk-sign: signed qp=7" },
    "7 queue -\n\ndk-sign: signed qp=7\n",
  ],
  ["queue without a line", { action: "queue", log: "" }, "7 queue -\n\n\n"],
  [
    "refuse",
    { action: "refuse", code: 55, log: "dk-sign: failed" },
    "7 refuse - 55\n\ndk-sign: failed\n",
  ],
  [
    "refuse with a text",
    {
      action: "refuse",
      code: 31,
      log: "dk-verify: rejected",
      told: { code: 82, fd: 6, text: "Dno" },
    },
    "7 refuse - 31 82 6\nDno\ndk-verify: rejected\n",
  ],
  [
    "report",
    { action: "report", text: "Zdk-remote: no (#4.3.0)" },
    "7 report -\nZdk-remote: no (#4.3.0)\n\n",
  ],
  ["copy", { action: "copy" }, "7 copy -\n\n\n"],
  ["again", { action: "again" }, "7 again -\n\n\n"],
];

for (const [name, reply, text] of ROWS) {
  Deno.test(`\`formatReply()\` of ${name}`, () => {
    assertEquals(formatReply(7, reply), text);
  });
}

Deno.test("`formatReply()` names the descriptor of a message that is no copy", () => {
  const text = formatReply(7, { action: "queue", log: "" }, 93);
  assertEquals(text, "7 queue 93\n\n\n");
});

/** A pipe holds as much, on Linux and FreeBSD. */
const PIPE_OCTETS = 65536;

Deno.test("`formatReply()` leaves room in a pipe, whatever the lines", () => {
  const long = "x".repeat(1_000_000);
  const text = formatReply(7, {
    action: "refuse",
    code: 31,
    log: long,
    told: { code: 82, fd: 6, text: long },
  });
  assert(text.length < PIPE_OCTETS, `${text.length}`);
  assertEquals(text.match(/\n/g)?.length, 3);
  assert(text.endsWith("x\n"));
});
