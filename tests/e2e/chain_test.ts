// Chains of our programs: each may stand in one twice, and one that leads back to itself ends with
// 120, or with Z, and has queued nothing.

import { assertEquals, assertMatch } from "@std/assert";
import { runFilter } from "../support/queue.ts";
import { runRemote } from "../support/remote.ts";
import { largeMail, MAIL, toBytes } from "../support/mail.ts";
import { commandOf, type Program, PROGRAMS } from "../support/programs.ts";
import { endToEnd, MOUNTING, wordsOf } from "../support/requirements.ts";
import { Site } from "../support/site.ts";

/** A large message is handed on in another way, the same by each program. */
const MESSAGES: { name: string; message: Uint8Array; programs: Program[] }[] = [
  { name: "a small message", message: toBytes(MAIL), programs: [...PROGRAMS] },
  {
    name: "a large message",
    message: largeMail(5 << 20),
    programs: ["dk-sign"],
  },
];

async function writeProgram(site: Site, text: string): Promise<string> {
  const path = await site.write("program", `#!/bin/sh\n${text}\n`);
  await Deno.chmod(path, 0o755);
  return path;
}

for (const { name, message, programs } of MESSAGES) {
  endToEnd(`A chain has each program twice, with ${name}`, async () => {
    await using site = await Site.open();
    const chain: Program[] = [
      ...["dk-verify", "qmail-dk", "dk-sign"] as const,
      ...["dk-verify", "qmail-dk", "dk-sign"] as const,
    ];
    const { code, queued, stderr } = await runFilter({
      command: chain.flatMap(commandOf),
      message,
      env: site.env,
    });
    assertEquals(code, 0, stderr);
    assertEquals(queued!.message.subarray(-message.length), message);
    assertEquals(stderr.split("\n").length, chain.length + 1);
  });

  for (const program of programs) {
    for (const [how, start] of [["execs", "exec "], ["runs", ""]]) {
      endToEnd(
        `\`${program}\` exits 120 if a wrapper ${how} it again, with ${name}`,
        async () => {
          await using site = await Site.open();
          const words = commandOf(program).join(" ");
          const wrapper = await writeProgram(site, `${start}${words} "$0"`);
          const { code, stderr } = await runFilter({
            command: [...commandOf(program), wrapper],
            message,
            env: site.env,
            next: "none",
          });
          assertEquals(code, 120);
          const lines = stderr.trimEnd().split("\n");
          assertEquals(lines.length, 7);
          assertMatch(
            lines.at(-1)!,
            /failed exit=120 reason="Cannot go on: 6 programs of ours /,
          );
        },
      );
    }
  }

  for (const [how, start] of [["execs", "exec "], ["runs", ""]]) {
    endToEnd(
      `\`dk-remote\` defers if a wrapper ${how} it again, with ${name}`,
      async () => {
        await using site = await Site.open();
        const words = commandOf("dk-remote").join(" ");
        // Not in so many words, or it would be found at once.
        const wrapper = await writeProgram(
          site,
          `DKREMOTE=$0; export DKREMOTE; ${start}$(cat "\${0%/*}/words") "$@"`,
        );
        await site.write("words", words);
        const { code, report, stderr } = await runRemote({
          command: [...commandOf("dk-remote"), "h", "a@b", "c@d"],
          message,
          env: { ...site.env, DKREMOTE: wrapper },
        });
        assertEquals([code, stderr], [0, ""]);
        assertMatch(report, /^Zdk-remote: Cannot go on: 6 programs of ours /);
      },
    );
  }
}

/** A /var/qmail of its own, in which qmail-queue is the program that is named. */
const IN_VAR_QMAIL = `mount -t tmpfs none /var && mkdir -p /var/qmail/bin &&
ln -s "$1" /var/qmail/bin/qmail-queue || exit 127
shift; exec "$@"`;

for (const program of PROGRAMS) {
  endToEnd(
    `\`${program}\` exits 120 when it is qmail-queue itself`,
    async () => {
      await using site = await Site.open();
      const words = commandOf(program);
      const own = words.length === 1
        ? words[0]!
        : await writeProgram(site, `exec ${words.join(" ")} "$@"`);
      const shell = ["/bin/sh", "-c", IN_VAR_QMAIL, "sh", own];
      const { code, stderr } = await runFilter({
        command: [...wordsOf(MOUNTING), ...shell, ...words],
        message: toBytes(MAIL),
        env: { ...site.env, PATH: "/usr/bin:/bin" },
        next: "none",
      });
      assertEquals(code, 120);
      assertMatch(
        stderr,
        new RegExp(`^${program}: failed exit=120 .*, which is ${program}: `),
      );
    },
    MOUNTING,
  );
}
