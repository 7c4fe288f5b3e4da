// Holds runFilter against programs too small to be wrong: env(1), which becomes the next program
// at once, and one-line shell scripts. Refuses to know any filter of this project.

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { makeEnvelope, runFilter } from "./queue.ts";

const BECOME_NEXT = ["/usr/bin/env"];
const ENVELOPE = makeEnvelope("a@example.com", ["b@example.net"]);

const encode = (text: string) => new TextEncoder().encode(text);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const sh = (script: string) => ["/bin/sh", "-c", script, "sh"];

Deno.test("makeEnvelope() writes F, T and the final NUL, a byte for each character", () => {
  assertEquals(
    makeEnvelope("a", ["b", "\xff"]),
    Uint8Array.of(70, 97, 0, 84, 98, 0, 84, 255, 0, 0),
  );
  assertEquals(makeEnvelope("", []), encode("F\0\0"));
});

Deno.test("runFilter() hands both pipes on and keeps the process id", async () => {
  const { code, signal, queued, reached, stderr, pid } = await runFilter({
    command: BECOME_NEXT,
    message: encode("Subject: x\n\nHi\n"),
    envelope: ENVELOPE,
  });
  assertEquals([code, signal, stderr, reached], [0, null, "", true]);
  assertEquals(queued?.message, encode("Subject: x\n\nHi\n"));
  assertEquals(queued?.envelope, ENVELOPE);
  assertEquals(queued?.pid, pid);
  assertEquals(queued?.fds.get(0)?.access, "r");
  assertMatch(queued!.fds.get(0)!.target, /^pipe:/);
  assertEquals(queued?.fds.get(1)?.access, "r");
  assertEquals(queued?.fds.get(2)?.access, "w");
  assertEquals(queued?.status.SigBlk, "0000000000000000");
});

Deno.test("runFilter() gives the environment named, to the byte, and no more", async () => {
  const { queued } = await runFilter({
    command: BECOME_NEXT,
    env: { RELAYCLIENT: "", NAME: "=x" },
    setup: `export RAW="$(printf '\\377')"`,
  });
  assertEquals(queued?.environ.toSorted(), [
    "NAME==x",
    "RAW=\xff",
    "RELAYCLIENT=",
  ]);
  const empty = await runFilter({ command: BECOME_NEXT });
  assertEquals(empty.queued?.environ, []);
});

Deno.test("runFilter() names the next program in DKQUEUE", async () => {
  const { code, queued } = await runFilter({
    command: sh("next=$DKQUEUE; unset DKQUEUE; exec $next"),
    next: "DKQUEUE",
    nextExit: 31,
  });
  assertEquals([code, queued?.envelope], [31, ENVELOPE]);
});

Deno.test("runFilter() without a next program shows what the program wrote", async () => {
  const { code, stderr, reached, queued } = await runFilter({
    command: sh("cat >&2; exit 9"),
    message: encode("a\n"),
    next: "none",
  });
  assertEquals([code, stderr, reached, queued], [9, "a\n", false, undefined]);
});

Deno.test("runFilter() sees the next program die by a signal", async () => {
  const { signal, queued } = await runFilter({
    command: BECOME_NEXT,
    nextExit: "SIGKILL",
  });
  assertEquals([signal, queued?.envelope], ["SIGKILL", ENVELOPE]);
});

Deno.test("runFilter() gives limits, umask, working directory and dispositions", async () => {
  const { queued } = await runFilter({
    command: BECOME_NEXT,
    cwd: "/",
    setup: "ulimit -S -n 100; ulimit -S -v 3000; umask 027; trap '' HUP",
  });
  assertEquals(queued?.limits["Max open files"]?.soft, "100");
  assertEquals(queued?.limits["Max address space"]?.soft, "3072000");
  assertEquals(queued?.status.Umask, "0027");
  assertEquals(queued?.cwd, "/");
  assertEquals(parseInt(queued?.status.SigIgn ?? "", 16) & 1, 1);
});

Deno.test("runFilter() starts programs with closed descriptors", async () => {
  const script =
    'for n in 0 1; do [ -e /proc/$$/fd/$n ] || printf "$n closed" >&2; done';
  for (const fd of [0, 1]) {
    const { stderr } = await runFilter({
      command: sh(script),
      message: new Uint8Array(1 << 20),
      setup: `exec ${fd}<&-`,
    });
    assertEquals(stderr, `${fd} closed`);
  }
  const { code, stderr } = await runFilter({
    command: sh("exit 3"),
    setup: "exec 2>&-",
  });
  assertEquals([code, stderr], [3, ""]);
});

Deno.test("runFilter() reads what arrives on errorFd", async () => {
  const { errorText, queued } = await runFilter({
    command: sh('printf "Dno" >&6; exec "$@"'),
    errorFd: 6,
  });
  assertEquals(errorText, "Dno");
  assertEquals(queued?.fds.get(6)?.access, "w");
  assertMatch(queued!.fds.get(6)!.target, /^pipe:/);
});

Deno.test("runFilter() leaves O_NONBLOCK on fd 0", async () => {
  const flags = sh("grep flags /proc/$$/fdinfo/0 >&2; sleep 0.1; cat >&2");
  const { stderr, queued } = await runFilter({
    command: flags,
    nonblocking: true,
  });
  assertMatch(stderr, /^flags:\s+0\d*4\d{3}\n/);
  assertEquals(queued, undefined);

  const { pid, queued: passed } = await runFilter({
    command: BECOME_NEXT,
    env: { A: "b" },
    setup: `export RAW="$(printf '\\377')"`,
    nonblocking: true,
  });
  assertEquals(passed?.pid, pid);
  assertEquals(passed?.environ.toSorted(), ["A=b", "RAW=\xff"]);
  assertEquals(parseInt(passed?.status.SigIgn ?? "", 16) & 0x1000, 0);
});

Deno.test("runFilter() writes the envelope after the whole message", async () => {
  const order: string[] = [];
  const dribble = (name: string, parts: string[]) =>
    new ReadableStream<Uint8Array>({
      async pull(controller) {
        await sleep(10);
        const part = parts.shift();
        if (part === undefined) return controller.close();
        order.push(name);
        controller.enqueue(encode(part));
      },
    }, { highWaterMark: 0 });
  const { queued } = await runFilter({
    command: BECOME_NEXT,
    message: dribble("message", ["a", "b", "c"]),
    envelope: dribble("envelope", ["Fa", "\0\0"]),
  });
  assertEquals(queued?.message, encode("abc"));
  assertEquals(queued?.envelope, encode("Fa\0\0"));
  assertEquals(order, [
    "message",
    "message",
    "message",
    "envelope",
    "envelope",
  ]);
});

Deno.test("runFilter() outlives a program that reads neither descriptor", async () => {
  const large = new Uint8Array(1 << 20);
  const endless = new ReadableStream<Uint8Array>({
    pull: (c) => c.enqueue(large.slice()),
  });
  for (
    const [message, envelope] of [
      [large, large],
      [endless, large],
      [large, endless],
    ] as const
  ) {
    const { code, reached } = await runFilter({
      command: sh("exit 81"),
      message,
      envelope,
    });
    assertEquals([code, reached], [81, false]);
  }
});

Deno.test("runFilter() sees a signal that the test sends", async () => {
  const never = new ReadableStream<Uint8Array>();
  for (const delayMs of [0, 1, 2, 5, 50]) {
    const { signal, queued, code } = await runFilter({
      command: BECOME_NEXT,
      message: new ReadableStream(),
      envelope: never,
      onStart: (pid) => setTimeout(() => Deno.kill(pid, "SIGKILL"), delayMs),
    });
    assertEquals([signal, code, queued], ["SIGKILL", 137, undefined]);
  }
});

Deno.test("runFilter() throws when time is over or something survives", async () => {
  await assertRejects(
    () =>
      runFilter({ command: sh("echo hm >&2; exec sleep 5"), timeoutMs: 100 }),
    Error,
    "Killed /bin/sh after 100 ms: hm",
  );
  await Promise.all(["2>&-", "6>&-"].map((closed) =>
    assertRejects(
      () =>
        runFilter({
          command: sh(`sleep 3 <&- 1<&- ${closed} & exit 0`),
          errorFd: 6,
        }),
      Error,
      "Something survives",
    )
  ));
});

Deno.test("runFilter() keeps many runs apart", async () => {
  const messages = Array.from(
    { length: 20 },
    (_, i) => encode(`message ${i}\n`.repeat(20_000)),
  );
  const runs = messages.map((message) =>
    runFilter({ command: BECOME_NEXT, message })
  );
  const results = await Promise.all(runs);
  assertEquals(results.map(({ queued }) => queued?.message), messages);
  assertEquals(new Set(results.map(({ queued }) => queued?.fds.size)).size, 1);
});
