// What the process does when it is to end or cannot go on, and what its launchers do then: no mail waits,
// none is lost.

import { assertEquals, assertMatch } from "@std/assert";
import { fieldsOf, MAIL, toBytes } from "../support/mail.ts";
import { runFilter } from "../support/queue.ts";
import { endToEnd } from "../support/requirements.ts";
import { Resident } from "../support/resident.ts";
import { Site } from "../support/site.ts";

const MESSAGE = toBytes(MAIL);
const SIGNED = ["DKIM-Signature", "DomainKey-Signature"];

endToEnd(
  "Another version is answered by itself, and the process ends",
  async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    const command = await resident.launcherOf("dk-sign", { version: "newer" });
    const result = await runFilter({
      command,
      message: MESSAGE,
      env: site.env,
    });
    assertEquals(fieldsOf(MESSAGE, result).map(({ name }) => name), SIGNED);
    const { code } = await resident.ended();
    assertEquals([code, resident.mailFiles()], [0, []]);
    assertMatch(resident.log, /ended reason="another version is there"/);
    assertEquals(await resident.answers(), { again: 1 });
  },
);

endToEnd(
  "With fewer slots than launchers know, no launcher waits",
  async () => {
    await using site = await Site.open();
    await using resident = await Resident.open("--slots", "1");
    const command = await resident.launcherOf("dk-sign");
    const results = await Promise.all(
      Array.from(
        { length: 6 },
        () => runFilter({ command, message: MESSAGE, env: site.env }),
      ),
    );
    for (const result of results) {
      assertEquals(fieldsOf(MESSAGE, result).map(({ name }) => name), SIGNED);
    }
    await resident.emptied();
    const { queue = 0, again = 0 } = await resident.answers();
    assertEquals(queue + again, 6);
    assertEquals((await resident.counts())["dk_slots_working_max"]! <= 6, true);
  },
);

endToEnd(
  "Told to end, the process ends at once, and a message still coming is worked for one-shot",
  async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    const command = await resident.launcherOf("dk-sign");
    let finish = () => {};
    const message = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(MESSAGE.subarray(0, 20));
        finish = () => {
          controller.enqueue(MESSAGE.subarray(20));
          controller.close();
        };
      },
    });
    const running = runFilter({
      command,
      message,
      env: site.env,
      timeoutMs: 60_000,
    });
    while (!resident.mailFiles().some((name) => name.startsWith("in."))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    // Not waited for longer than the process waits for those who have begun.
    await resident.kill("SIGTERM");
    finish();
    const result = await running;
    assertEquals(fieldsOf(MESSAGE, result).map(({ name }) => name), SIGNED);
  },
);

endToEnd(
  "A folder that cannot be kept clean ends the process, and mail goes on",
  async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    const command = await resident.launcherOf("dk-sign");
    await Deno.mkdir(`${resident.slots}/out.5/full`, { recursive: true });
    await Deno.writeTextFile(`${resident.slots}/request`, "done 5\n", {
      append: true,
      create: false,
    });
    const { code } = await resident.ended();
    assertEquals(code, 1);
    assertMatch(resident.log, /dk-resident: [^\n]+\n$/);
    const result = await runFilter({
      command,
      message: MESSAGE,
      env: site.env,
    });
    assertEquals(fieldsOf(MESSAGE, result).map(({ name }) => name), SIGNED);
  },
);

for (
  const [name, text] of [
    ["an empty file", ""],
    ["a file of zeros", "\0".repeat(4096)],
    ["a script without an interpreter", "exit 0\n"],
  ] as const
) {
  endToEnd(
    `\`dk-sign\` queues nothing by way of ${name}, which a shell would execute`,
    async () => {
      await using site = await Site.open();
      await using resident = await Resident.open();
      const next = `${site.folder}/next`;
      await Deno.writeTextFile(next, text, { mode: 0o755 });
      const command = await resident.launcherOf("dk-sign");
      const { code, stderr } = await runFilter({
        command,
        message: MESSAGE,
        env: { ...site.env, DKQUEUE: next },
        next: "none",
      });
      assertEquals(code, 120, stderr);
      assertEquals(await resident.answered("again"), 1);
    },
  );
}
