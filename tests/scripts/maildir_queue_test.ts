// Runs scripts/host/maildir_queue.ts as a real process with real pipes and reads the Maildir after it.
// The exit codes are those of qmail-queue(8). Refuses to know how the script works inside.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { EXIT } from "../../lib/qmail/exit_code.ts";
import { type FilterRun, makeEnvelope, runFilter } from "../support/queue.ts";

const SCRIPT = `${import.meta.dirname}/../../scripts/host/maildir_queue.ts`;
const encode = (text: string) => new TextEncoder().encode(text);

/** Runs the script on a Maildir of its own, or on the one given. */
async function deliver(run: Partial<FilterRun>, maildir?: string) {
  const dir = await Deno.makeTempDir({ prefix: "maildir_queue_" });
  maildir ??= `${dir}/Maildir`;
  try {
    const { code, signal, stderr } = await runFilter({
      command: [Deno.execPath(), "run", "-A", SCRIPT],
      env: { MAILDIR: maildir },
      message: encode("Subject: x\n\nHi\n"),
      cwd: dir,
      next: "none",
      ...run,
    });
    const delivered = await readFolder(`${maildir}/new`);
    const left = await readFolder(`${maildir}/tmp`);
    return { code, signal, stderr, delivered, left };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Name and content, by name; nothing when there is no such folder. */
async function readFolder(path: string): Promise<[string, Uint8Array][]> {
  const files: [string, Uint8Array][] = [];
  try {
    for await (const { name } of Deno.readDir(path)) {
      files.push([name, await Deno.readFile(`${path}/${name}`)]);
    }
  } catch (error) {
    if (
      !(error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.NotADirectory)
    ) {
      throw error;
    }
  }
  return files.sort(([a], [b]) => a < b ? -1 : 1);
}

/** The three added lines, and the bytes after them. */
function splitCopy(copy: Uint8Array): { added: string[]; message: Uint8Array } {
  let end = 0;
  for (let line = 0; line < 3; line++) end = copy.indexOf(10, end) + 1;
  const added = new TextDecoder().decode(copy.subarray(0, end)).split("\n");
  return { added, message: copy.subarray(end) };
}

Deno.test("maildir_queue delivers a copy for each recipient, the message to the byte", async () => {
  const message = Uint8Array.of(
    ...encode("Subject: x\r\n\nHi "),
    0,
    255,
    13,
    128,
  );
  const { code, stderr, delivered, left } = await deliver({
    message,
    envelope: makeEnvelope("a@example.com", ["b@example.net", "c@example.net"]),
  });
  assertEquals([code, stderr, left], [0, "", []]);
  assertEquals(delivered.length, 2);
  for (const [i, [name, copy]] of delivered.entries()) {
    assertMatch(name, /^\d+\.M\d+P\d+Q\d\.[^/:]+$/);
    const { added, message: rest } = splitCopy(copy);
    assertEquals(added[0], "Return-Path: <a@example.com>");
    assertEquals(added[1], `Delivered-To: ${"bc"[i]}@example.net`);
    assertMatch(
      added[2]!,
      /^Received: \(qmail \d+ invoked by uid \d+\); [1-9]\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d -0000$/,
    );
    assertEquals(rest, message);
  }
});

Deno.test("maildir_queue writes no header field that an address brings along", async () => {
  const { code, delivered } = await deliver({
    envelope: makeEnvelope("\nX: y", ["\xe4\nX: y"]),
  });
  assertEquals([code, delivered.length], [0, 1]);
  const { added } = splitCopy(delivered[0]![1]);
  assertEquals(added.slice(0, 2), [
    "Return-Path: <_X: y>",
    "Delivered-To: \ufffd_X: y",
  ]);
});

const LONGEST = "a".repeat(1002);

const ENVELOPES: [
  name: string,
  envelope: string,
  code: number,
  copies: number,
][] = [
  ["null sender", "F\0Tb\0\0", 0, 1],
  ["double bounce", "F#@[]\0Tb\0\0", 0, 1],
  ["empty recipient", "Fa\0T\0\0", 0, 1],
  ["no recipient", "Fa\0\0", 0, 0],
  ["bytes after the final NUL", "Fa\0Tb\0\0Tc\0\0", 0, 1],
  ["sender of 1002 bytes", `F${LONGEST}\0Tb\0\0`, 0, 1],
  ["sender of 1003 bytes", `F${LONGEST}a\0Tb\0\0`, EXIT.addressTooLong, 0],
  ["sender of 1003 bytes, then EOF", `F${LONGEST}a`, EXIT.addressTooLong, 0],
  ["sender of 1002 bytes, then EOF", `F${LONGEST}`, EXIT.read, 0],
  ["recipient of 1002 bytes", `Fa\0Tb\0T${LONGEST}\0\0`, 0, 2],
  [
    "recipient of 1003 bytes",
    `Fa\0Tb\0T${LONGEST}a\0\0`,
    EXIT.addressTooLong,
    0,
  ],
  [
    "too long, then a wrong letter",
    `Fa\0T${LONGEST}a\0X\0\0`,
    EXIT.addressTooLong,
    0,
  ],
  [
    "a wrong letter, then too long",
    `Fa\0Xb\0T${LONGEST}a\0\0`,
    EXIT.envelope,
    0,
  ],
  ["nothing", "", EXIT.read, 0],
  ["F alone", "F", EXIT.read, 0],
  ["EOF in the sender", "Fa", EXIT.read, 0],
  ["EOF after the sender", "Fa\0", EXIT.read, 0],
  ["EOF in a recipient", "Fa\0Tb", EXIT.read, 0],
  ["EOF before the final NUL", "Fa\0Tb\0", EXIT.read, 0],
  ["NUL first", "\0", EXIT.envelope, 0],
  ["T first", "Tb\0\0", EXIT.envelope, 0],
  ["F in lower case", "fa\0Tb\0\0", EXIT.envelope, 0],
  ["a second F", "Fa\0Fb\0\0", EXIT.envelope, 0],
];

Deno.test("maildir_queue checks the envelope as qmail-queue does", async (t) => {
  const outcomes = await Promise.all(ENVELOPES.map(([, envelope]) => {
    return deliver({ envelope: encode(envelope) });
  }));
  for (const [i, [name, , code, copies]] of ENVELOPES.entries()) {
    await t.step(name, () => {
      const outcome = outcomes[i]!;
      assertEquals([outcome.code, outcome.delivered.length], [code, copies]);
      assertEquals(outcome.left, []);
      assertEquals(outcome.stderr === "", code === 0);
    });
  }
});

const FAILURES: [name: string, run: Partial<FilterRun>, code: number][] = [
  ["MAILDIR is unset", { env: {} }, EXIT.configuration],
  ["MAILDIR is empty", { env: { MAILDIR: "" } }, EXIT.configuration],
  ["MAILDIR is a file", { env: { MAILDIR: "/etc/passwd" } }, EXIT.write],
  ["fd 0 is closed", { setup: "exec 0<&-" }, EXIT.read],
  ["fd 1 is closed", { setup: "exec 1<&-" }, EXIT.read],
  ["fd 0 is a folder", { setup: "exec 0</" }, EXIT.read],
  ["fd 1 is a folder", { setup: "exec 1</" }, EXIT.read],
  // 16 blocks of 512 bytes: the message fits the spool, and with the added lines does not.
  [
    "a copy cannot be written",
    { setup: "trap '' XFSZ; ulimit -f 16", message: new Uint8Array(8192) },
    EXIT.write,
  ],
  [
    "the spool cannot be written",
    { setup: "trap '' XFSZ; ulimit -f 16", message: new Uint8Array(8193) },
    EXIT.write,
  ],
];

Deno.test("maildir_queue leaves nothing when it fails", async (t) => {
  for (const [name, run, code] of FAILURES) {
    await t.step(name, async () => {
      const outcome = await deliver(run);
      assertEquals([outcome.code, outcome.delivered, outcome.left], [
        code,
        [],
        [],
      ]);
      assertMatch(outcome.stderr, /^maildir_queue: .+\n$/);
    });
  }
});

Deno.test("maildir_queue exits 81 on what it does not foresee", async () => {
  const command = [Deno.execPath(), "run", "-A", "--deny-env", SCRIPT];
  const { code, delivered, left } = await deliver({ command });
  assertEquals([code, delivered, left], [EXIT.bug, [], []]);
});

const SHM = "/dev/shm";

Deno.test({
  name:
    "maildir_queue leaves nothing when new/ refuses the links (needs a second file system)",
  ignore: !await isOtherFileSystem(SHM),
  async fn() {
    const maildir = await Deno.makeTempDir();
    const elsewhere = await Deno.makeTempDir({ dir: SHM });
    try {
      await Deno.symlink(elsewhere, `${maildir}/new`);
      const { code, delivered, left } = await deliver({
        env: { MAILDIR: maildir },
      }, maildir);
      assertEquals([code, delivered, left], [EXIT.write, [], []]);
    } finally {
      await Deno.remove(maildir, { recursive: true });
      await Deno.remove(elsewhere, { recursive: true });
    }
  },
});

async function isOtherFileSystem(path: string): Promise<boolean> {
  const dir = await Deno.makeTempDir();
  try {
    return (await Deno.stat(path)).dev !== (await Deno.stat(dir)).dev;
  } catch {
    return false;
  } finally {
    await Deno.remove(dir);
  }
}

Deno.test("maildir_queue reads both descriptors from the offset given", async () => {
  const { code, delivered } = await deliver({
    setup: `printf 'skipped\\nSubject: y\\n\\n' >message
      printf 'skipped\\nFa\\0Tb\\0\\0' >envelope
      exec 0<message 1<envelope
      read -r line; read -r line <&1`,
  });
  assertEquals([code, delivered.length], [0, 1]);
  assertEquals(splitCopy(delivered[0]![1]).message, encode("Subject: y\n\n"));
});

Deno.test("maildir_queue gives every copy a name of its own", async () => {
  const maildir = await Deno.makeTempDir();
  try {
    const envelope = makeEnvelope("a", ["b", "c", "d"]);
    const run = { envelope, env: { MAILDIR: maildir } };
    await Promise.all(Array.from({ length: 10 }, () => deliver(run, maildir)));
    assertEquals((await readFolder(`${maildir}/new`)).length, 30);
    assertEquals(await readFolder(`${maildir}/tmp`), []);
  } finally {
    await Deno.remove(maildir, { recursive: true });
  }
});

Deno.test({
  name: "maildir_queue does not hold the message in memory (needs /proc)",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const small = await measurePeak(1);
    const large = await measurePeak(100);
    assert(
      large < small + 32 * 1024,
      `${small} KiB for 1 MiB, ${large} KiB for 100 MiB`,
    );
  },
});

/** Delivers so many MiB and returns the highest VmHWM seen, in KiB. */
async function measurePeak(mebibytes: number): Promise<number> {
  const mebibyte = new Uint8Array(1 << 20).fill(10);
  let rest = mebibytes;
  let peak = 0;
  let timer: ReturnType<typeof setInterval> | undefined;
  const { code, delivered } = await deliver({
    message: new ReadableStream({
      pull: (controller) =>
        rest-- > 0 ? controller.enqueue(mebibyte.slice()) : controller.close(),
    }),
    onStart: (pid) => {
      timer = setInterval(async () => {
        const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(
          () => "",
        );
        peak = Math.max(
          peak,
          Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0),
        );
      }, 5);
    },
  }).finally(() => clearInterval(timer));
  assertEquals(code, 0);
  const { message } = splitCopy(delivered[0]![1]);
  assertEquals(message.length, mebibytes << 20);
  return peak;
}
