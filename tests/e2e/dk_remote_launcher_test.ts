// The launcher of dk-remote is what qmail-rspawn has started and waits for: killed, it takes with it
// what it has started, since the message will come again.

import { assertEquals } from "@std/assert";
import { formatLauncher } from "../../scripts/install/launcher.ts";
import { runRemote } from "../support/remote.ts";
import { MAIL, toBytes } from "../support/mail.ts";
import { commandOf } from "../support/programs.ts";
import { endToEnd, SIGNALS_BLOCKED, wordsOf } from "../support/requirements.ts";
import { Site } from "../support/site.ts";

const MESSAGE = toBytes(MAIL);
const ARGS = ["example.net", "ann@example.com", "bob@example.net"];
const SIGNALS = ["SIGTERM", "SIGHUP", "SIGALRM", "SIGQUIT", "SIGKILL"] as const;

/** Writes down who it is, and goes on for a long time. */
const ENDLESS = `#!/bin/sh
echo $$ >"$TMPDIR/pid.new"
mv "$TMPDIR/pid.new" "$TMPDIR/pid"
exec sleep 60
`;

/** A shell has what it starts in the background ignore SIGINT and SIGQUIT: us too, maybe. */
const WITH_SIGNALS = ["env", "--default-signal"];

async function writeLauncher(site: Site): Promise<string> {
  const text = formatLauncher({
    name: "dk-remote",
    title: "test",
    command: commandOf("dk-remote"),
    firstLines: {},
    home: "/nonexistent",
    defaults: {},
    base64: "/usr/bin/base64",
    isCompiled: false,
    isFilter: true,
    isRemote: true,
  });
  const path = await site.write("dk-remote", text);
  await Deno.chmod(path, 0o755);
  return path;
}

/** Waits until a file is there that somebody else makes, and reads it. */
async function readWhenThere(path: string): Promise<string> {
  for (;;) {
    try {
      const text = await Deno.readTextFile(path);
      if (text !== "") return text;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((done) => setTimeout(done, 10));
  }
}

/** Waits until the launcher has started the program. */
async function awaitRuntime(launcher: number): Promise<void> {
  const runtime = await Deno.realPath(Deno.execPath());
  for (;;) {
    const children = `/proc/${launcher}/task/${launcher}/children`;
    const pid = (await Deno.readTextFile(children)).trim();
    const program = await Deno.readLink(`/proc/${pid}/exe`).catch(() => "");
    if (program === runtime) return;
    await new Promise((done) => setTimeout(done, 10));
  }
}

/** Waits until a process has ended. */
async function awaitEnd(pid: number): Promise<void> {
  for (;;) {
    try {
      const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
      // A zombie, of which nobody takes the exit code.
      if (/^[^)]*\) Z/.test(stat)) return;
    } catch {
      return;
    }
    await new Promise((done) => setTimeout(done, 10));
  }
}

for (const signal of SIGNALS) {
  endToEnd(
    `A launcher of \`dk-remote\` that gets ${signal} stops qmail-remote`,
    async () => {
      await using site = await Site.open();
      const remote = await site.write("remote", ENDLESS);
      await Deno.chmod(remote, 0o755);
      let next = 0;
      const result = await runRemote({
        command: [...WITH_SIGNALS, await writeLauncher(site), ...ARGS],
        message: MESSAGE,
        env: { ...site.env, DKREMOTE: remote },
        onStart: async (pid) => {
          next = Number(await readWhenThere(`${site.env.TMPDIR}/pid`));
          Deno.kill(pid, signal);
        },
      });
      assertEquals([result.code === 0, result.report], [false, ""]);
      await awaitEnd(next);
    },
  );

  endToEnd(
    `A launcher of \`dk-remote\` that gets ${signal} while the message is read lets nothing go out`,
    async () => {
      await using site = await Site.open();
      const fifo = `${site.folder}/fifo`;
      const result = await runRemote({
        command: [
          ...WITH_SIGNALS,
          ...wordsOf(SIGNALS_BLOCKED).filter((word) => !/TERM/.test(word)),
          await writeLauncher(site),
          ...ARGS,
        ],
        env: site.env,
        setup: `mkfifo '${fifo}'; exec 0<'${fifo}'`,
        onStart: async (pid) => {
          await awaitFifo(fifo);
          using writer = await Deno.open(fifo, { write: true });
          await awaitRuntime(pid);
          Deno.kill(pid, signal);
          await awaitEnd(pid);
          await writer.write(MESSAGE);
        },
      });
      // It reports, to nobody, or has been stopped before.
      assertEquals(result.code === 0, false);
      assertEquals(result.started, false);
    },
    SIGNALS_BLOCKED,
  );
}

endToEnd(
  "A launcher of `dk-remote` that gets SIGINT says how the delivery ended",
  async () => {
    await using site = await Site.open();
    const fifo = `${site.folder}/fifo`;
    const result = await runRemote({
      command: [...WITH_SIGNALS, await writeLauncher(site), ...ARGS],
      env: site.env,
      setup: `mkfifo '${fifo}'; exec 0<'${fifo}'`,
      onStart: async (pid) => {
        await awaitFifo(fifo);
        using writer = await Deno.open(fifo, { write: true });
        await awaitRuntime(pid);
        Deno.kill(pid, "SIGINT");
        await writer.write(MESSAGE);
      },
    });
    assertEquals([result.code, result.signal], [0, null]);
    assertEquals(result.report, "rfine\0Kaccepted\n\0");
  },
);

async function awaitFifo(path: string): Promise<void> {
  for (;;) {
    try {
      if ((await Deno.stat(path)).isFifo) return;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await new Promise((done) => setTimeout(done, 10));
  }
}
