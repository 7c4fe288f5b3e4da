// How the two descriptors are read: to their ends, in their order, from slow writers, closed,
// unreadable and non-blocking ones, and within the time limit.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeEnvelope, type Source } from "../support/queue.ts";
import { assertRefused, fieldsOf, MAIL, toBytes } from "../support/mail.ts";
import { PROGRAMS } from "../support/programs.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";
import { verifyDkim } from "../support/verifiers.ts";

const MESSAGE = toBytes(MAIL);
const GOOD = ["default._domainkey.example.com pass"];
const ENVELOPE = makeEnvelope("ann@example.com", ["bob@example.net"]);

/** Writes each part after a while, and ends after another. */
function slowly(parts: Uint8Array[], waitMs: number): Source {
  const rest = [...parts];
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      const part = rest.shift();
      if (part === undefined) controller.close();
      else controller.enqueue(part);
    },
  }, { highWaterMark: 0 });
}

/** The start, then one byte at a time. */
function dribble(bytes: Uint8Array, count: number): Uint8Array[] {
  const start = bytes.length - count;
  return [
    bytes.slice(0, start),
    ...Array.from(
      { length: count },
      (_, n) => bytes.slice(start + n).slice(0, 1),
    ),
  ];
}

const SLOW = [
  {
    name: "a writer that waits between two bytes",
    message: () => slowly(dribble(MESSAGE, 2), 300),
  },
  {
    name: "a writer that dribbles fifty bytes",
    message: () => slowly(dribble(MESSAGE, 50), 20),
  },
  {
    name: "an envelope that comes late",
    envelope: () => slowly([ENVELOPE], 300),
  },
  {
    name: "an envelope that comes byte by byte",
    envelope: () => slowly(dribble(ENVELOPE, ENVELOPE.length), 10),
  },
];

for (const { name, message, envelope } of SLOW) {
  for (const nonblocking of [false, true]) {
    const how = nonblocking ? ", with O_NONBLOCK on fd 0" : "";
    endToEnd(`\`dk-sign\` waits for ${name}${how}`, async () => {
      await using site = await Site.open();
      const result = await site.run("dk-sign", {
        message: message?.() ?? MESSAGE,
        envelope: envelope?.() ?? ENVELOPE,
        nonblocking,
      });
      assertEquals(fieldsOf(MESSAGE, result).length, 2);
      const { queued } = result;
      assertEquals(verifyDkim(queued!.message, site.records), GOOD);
      assertEquals(queued!.envelope, ENVELOPE);
    });
  }
}

/** Seconds of the processor that a process has taken, in both modes (proc(5), fields 14 and 15). */
async function processorSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

for (const nonblocking of [false, true]) {
  const how = nonblocking ? ", with O_NONBLOCK on fd 0" : "";
  endToEnd(`\`dk-sign\` does nothing while it waits${how}`, async () => {
    await using site = await Site.open();
    const taken: Promise<number>[] = [];
    const result = await site.run("dk-sign", {
      message: slowly([MESSAGE], 1500),
      nonblocking,
      onStart(pid) {
        for (const ms of [1400, 2400]) {
          setTimeout(() => taken.push(processorSeconds(pid)), ms);
        }
      },
    });
    assertEquals(fieldsOf(MESSAGE, result).length, 2);
    const [before, after] = await Promise.all(taken);
    assert(after! - before! < 0.3, `${after! - before!} s of 1 s`);
  });
}

endToEnd(
  "`dk-sign` takes the end of the envelope for its end, not that of fd 1",
  async () => {
    await using site = await Site.open();
    const open = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(ENVELOPE),
    });
    const { code, queued } = await site.run("dk-sign", {
      message: MESSAGE,
      envelope: open,
    });
    assertEquals([code, queued?.envelope], [0, ENVELOPE]);
  },
);

const UNREADABLE = [
  { name: "fd 0 is closed", setup: "exec 0<&-" },
  { name: "fd 1 is closed", setup: "exec 1<&-" },
  { name: "fds 0 and 1 are closed", setup: "exec 0<&- 1<&-" },
  { name: "fds 0, 1 and 2 are closed", setup: "exec 0<&- 1<&- 2<&-" },
  { name: "fd 0 is a folder", setup: "exec 0</" },
  { name: "fd 1 is a folder", setup: "exec 1</" },
  { name: "fd 0 can only be written to", setup: "exec 0>/dev/null" },
  { name: "fd 1 can only be written to", setup: "exec 1>/dev/null" },
];

for (const program of PROGRAMS) {
  for (const { name, setup } of UNREADABLE) {
    endToEnd(`\`${program}\` exits 54 when ${name}`, async () => {
      await using site = await Site.open();
      const result = await site.run(program, { message: MESSAGE, setup });
      assertEquals([result.code, result.reached], [54, false]);
      if (!setup.includes("2<&-")) assertRefused(result, 54);
    });
  }
}

endToEnd("`dk-sign` takes no bytes at all for an empty message", async () => {
  await using site = await Site.open();
  for (const setup of ["", "exec 0</dev/null"]) {
    const result = await site.run("dk-sign", { setup });
    assertEquals(fieldsOf(new Uint8Array(), result), []);
  }
});

endToEnd("`dk-sign` reads a file on fd 0 from where it stands", async () => {
  await using site = await Site.open();
  const path = await site.write("mail", `four${MAIL}`);
  const result = await site.run("dk-sign", {
    // Takes four bytes and no more.
    setup: `exec 0<'${path}'; dd bs=4 count=1 of=/dev/null 2>/dev/null`,
  });
  assertEquals(fieldsOf(MESSAGE, result).length, 2);
});

endToEnd("`dk-sign` never writes to fd 1", async () => {
  await using site = await Site.open();
  const path = await site.write("envelope", "Fann@example.com\0Tb@c\0\0");
  const result = await site.run("dk-sign", {
    message: MESSAGE,
    setup: `exec 1<>'${path}'`,
  });
  assertEquals(fieldsOf(MESSAGE, result).length, 2);
  assertEquals(
    await Deno.readTextFile(path),
    "Fann@example.com\0Tb@c\0\0",
  );
});

endToEnd("`dk-sign` works with fd 2 closed", async () => {
  await using site = await Site.open();
  const { code, queued } = await site.run("dk-sign", {
    message: MESSAGE,
    setup: "exec 2>&-",
  });
  assertEquals(code, 0);
  assertEquals(verifyDkim(queued!.message, site.records), GOOD);
});

endToEnd("`dk-sign` works with nobody who reads fd 2", async () => {
  await using site = await Site.open();
  const { code, queued } = await site.run("dk-sign", {
    message: MESSAGE,
    // A FIFO whose only reader has gone.
    setup: `mkfifo '${site.folder}/log'; true <'${site.folder}/log' &
      exec 2>'${site.folder}/log'; wait`,
  });
  assertEquals(code, 0);
  assertEquals(verifyDkim(queued!.message, site.records), GOOD);
});

const STALLED = [
  { name: "the message never begins", message: new ReadableStream() },
  {
    name: "the message never ends",
    message: new ReadableStream({ start: (c) => c.enqueue(MESSAGE) }),
  },
  { name: "the envelope never begins", envelope: new ReadableStream() },
  {
    name: "the envelope never ends",
    envelope: new ReadableStream({ start: (c) => c.enqueue(toBytes("Fa\0")) }),
  },
];

for (const { name, message, envelope } of STALLED) {
  endToEnd(
    `\`dk-sign\` exits 52 after DEATH seconds when ${name}`,
    async () => {
      await using site = await Site.open();
      const result = await site.run("dk-sign", {
        message: message ?? MESSAGE,
        envelope: envelope ?? ENVELOPE,
        env: { DEATH: "1" },
      });
      assertRefused(result, 52);
    },
  );
}

endToEnd(
  "`dk-sign` exits 52 after DEATH seconds however fast the writer is",
  async () => {
    await using site = await Site.open();
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(MESSAGE.slice()),
    });
    const result = await site.run("dk-sign", {
      message: endless,
      env: { DEATH: "1" },
    });
    assertRefused(result, 52);
  },
);

for (const value of ["30", "86400", "2147483", "2147484", "9999999999"]) {
  endToEnd(`\`dk-sign\` has time enough with DEATH="${value}"`, async () => {
    await using site = await Site.open();
    const result = await site.run("dk-sign", {
      message: slowly([MESSAGE], 100),
      env: { DEATH: value },
    });
    assertEquals(fieldsOf(MESSAGE, result).length, 2);
  });
}

for (const value of ["0", "-1", "1.5", "1s", "", " ", "soon", "12345678901"]) {
  for (const program of PROGRAMS) {
    endToEnd(`\`${program}\` exits 55 for DEATH="${value}"`, async () => {
      await using site = await Site.open();
      const result = await site.run(program, {
        message: MESSAGE,
        env: { DEATH: value },
      });
      assertRefused(result, 55);
      assertMatch(result.stderr, /DEATH/);
    });
  }
}
