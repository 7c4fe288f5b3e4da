// A program that cannot go on reads the message to its end all the same: the caller writes all of
// it before it asks how that went.

import { assert, assertEquals } from "@std/assert";
import { toBytes } from "../support/mail.ts";
import { commandOf, PROGRAMS } from "../support/programs.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";

const LINES = toBytes(`${"x".repeat(71)}\n`.repeat(1000));
const HEADER = toBytes("From: ann@example.com\n\n");

/** Starts a program that is bound to fail, and tells how many bytes it took, and how it ended. */
async function feed(
  command: string[],
  env: Record<string, string>,
  chunks: Iterable<Uint8Array>,
): Promise<{ code: number; written: number }> {
  const [program = "", ...args] = command;
  const process = new Deno.Command(program, {
    args: [...args, "/nonexistent"],
    env,
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const writer = process.stdin.getWriter();
  let written = 0;
  for (const chunk of chunks) {
    // Nobody reads: the rest is not wanted.
    const isTaken = await writer.write(chunk).then(() => true, () => false);
    if (!isTaken) break;
    written += chunk.length;
  }
  await writer.close().catch(() => {});
  return { code: (await process.status).code, written };
}

const FAILURES: Record<string, (site: Site) => Record<string, string>> = {
  "an option that is unknown": () => ({ DKIMSIGNOPTIONS: "-?", DEATH: "x" }),
  "a key that cannot be used": (site) => ({
    DKSIGN: `${site.folder}/garbage`,
    RELAYCLIENT: "",
  }),
};

for (const program of PROGRAMS) {
  for (const [name, make] of Object.entries(FAILURES)) {
    if (program === "dk-verify" && name.startsWith("a key")) continue;
    endToEnd(
      `\`${program}\` reads all of a message in spite of ${name}`,
      async () => {
        await using site = await Site.open();
        await site.write("garbage", "no key\n");
        const chunks = [HEADER, ...Array<Uint8Array>(100).fill(LINES)];
        const env = { ...site.env, ...make(site) };
        const { code, written } = await feed(commandOf(program), env, chunks);
        assertEquals(code, 55);
        assertEquals(written, HEADER.length + 100 * LINES.length);
      },
    );
  }
}

/** Before anything is read, before the message is, and in the middle of it. */
const EARLY: Record<string, Record<string, string>> = {
  "an empty DKQUEUE": { DKQUEUE: "" },
  "an option that is unknown": { DKIMSIGNOPTIONS: "-?" },
  "a key that cannot be used": { DKSIGN: "/dev/null" },
};

for (const [name, broken] of Object.entries(EARLY)) {
  endToEnd(
    `\`dk-sign\` waits no longer for the end than its time limit, with ${name}`,
    async () => {
      await using site = await Site.open();
      const [program = "", ...args] = commandOf("dk-sign");
      const process = new Deno.Command(program, {
        args: broken.DKQUEUE === undefined ? [...args, "/nonexistent"] : args,
        env: { ...site.env, ...broken, DEATH: "1" },
        stdin: "piped",
        stdout: "null",
        stderr: "null",
      }).spawn();
      const writer = process.stdin.getWriter();
      await writer.write(HEADER);
      const start = performance.now();
      const { code } = await process.status;
      assertEquals(code, 55);
      assert(performance.now() - start > 500);
      await writer.close().catch(() => {});
    },
  );
}
