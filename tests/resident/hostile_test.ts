// Whoever may write in the folder has its owner's authority, and nobody else has anything of it. What
// stands there and was never written by a launcher does no harm to the mails beside it.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fieldsOf, MAIL, toBytes } from "../support/mail.ts";
import { runToEnd } from "../support/ended.ts";
import { runFilter } from "../support/queue.ts";
import { endToEnd, type Prefix } from "../support/requirements.ts";
import { Resident } from "../support/resident.ts";
import { Site } from "../support/site.ts";

const MESSAGE = toBytes(MAIL);
const ROOT: Prefix = Deno.uid() === 0 ? { words: [] } : { missing: "not root" };
const NOBODY = [
  "/usr/bin/setpriv",
  "--reuid=65534",
  "--regid=65534",
  "--clear-groups",
];

/** A mail goes by the process: whatever was done to it, it answers. */
async function sendOne(resident: Resident, site: Site): Promise<void> {
  const command = await resident.launcherOf("dk-sign");
  const result = await runFilter({ command, message: MESSAGE, env: site.env });
  assertEquals(fieldsOf(MESSAGE, result).length, 2);
}

endToEnd("Another user can neither enter, claim, read nor ask", async () => {
  await using resident = await Resident.open();
  await Deno.chmod(resident.folder, 0o755);
  await Deno.writeTextFile(`${resident.slots}/in.3`, "secret");
  const { slots } = resident;
  const tries = [
    `ls ${slots}`,
    `cat ${slots}/in.3`,
    `cat ${slots}/pid`,
    `: >${slots}/env.5`,
    `echo new 5 1<>${slots}/request`,
    `ln -s /etc/shadow ${slots}/in.5`,
  ];
  for (const attempt of tries) {
    const { code, stdout } = await runToEnd(
      [...NOBODY, "/bin/bash", "-c", attempt],
      { clearEnv: true },
    );
    assert(code !== 0 && stdout === "", attempt);
  }
  assertEquals(resident.mailFiles(), ["in.3"]);
  // Its owner can: these tries fail for want of the right alone.
  for (const attempt of tries) {
    const { code } = await runToEnd(["/bin/bash", "-c", attempt], {
      clearEnv: true,
    });
    assertEquals(code, 0, attempt);
  }
}, ROOT);

endToEnd("A launcher of another user works by itself", async () => {
  await using site = await Site.open();
  await using resident = await Resident.open();
  const command = await resident.launcherOf("dk-sign");
  await Deno.chmod(resident.folder, 0o755);
  // The one-shot way itself may not be open to that user; that no claim is made is what matters.
  await runFilter({
    command: [...NOBODY, ...command],
    message: MESSAGE,
    env: site.env,
  });
  const counts = await resident.counts();
  assertEquals(
    Object.keys(counts).filter((key) => key.startsWith("dk_mails")),
    [],
  );
  assertEquals(counts["dk_no_slot_total"], 0);
}, ROOT);

/** Folders that are refused, and what is said of them. */
const FOLDERS: [
  name: string,
  prepare: (resident: Resident) => Promise<void>,
  reason: RegExp,
  needs: Prefix,
][] = [
  [
    "that is a link",
    async ({ slots }) => {
      await Deno.rename(slots, `${slots}.real`);
      await Deno.symlink(`${slots}.real`, slots);
    },
    /it is no folder/,
    { words: [] },
  ],
  [
    "that a group may write to",
    ({ slots }) => Deno.chmod(slots, 0o770),
    /can be entered by others/,
    { words: [] },
  ],
  [
    "that others may enter",
    ({ slots }) => Deno.chmod(slots, 0o701),
    /can be entered by others/,
    { words: [] },
  ],
  [
    "of somebody else",
    ({ slots }) => Deno.chown(slots, 65534, 65534),
    /belongs to the user 65534/,
    ROOT,
  ],
  [
    "that is a file",
    async ({ slots }) => {
      await Deno.remove(slots);
      await Deno.writeTextFile(slots, "");
    },
    /it is no folder/,
    { words: [] },
  ],
  [
    "that is not there",
    ({ slots }) => Deno.remove(slots),
    /No such file/,
    { words: [] },
  ],
  [
    "with a file in the place of a FIFO",
    ({ slots }) => Deno.writeTextFile(`${slots}/slot.7`, ""),
    /is no FIFO of ours/,
    { words: [] },
  ],
  [
    "with a link in the place of a FIFO",
    ({ slots }) => Deno.symlink("/dev/null", `${slots}/request`),
    /is no FIFO of ours/,
    { words: [] },
  ],
];

for (const [name, prepare, reason, needs] of FOLDERS) {
  endToEnd(`A folder ${name} is refused`, async () => {
    await using resident = await Resident.make();
    await prepare(resident);
    const { code, stderr } = await runToEnd(resident.command());
    assertEquals(code, 1, stderr);
    assertMatch(stderr, /^dk-resident: [^\n]+\n$/);
    assertMatch(stderr, reason);
  }, needs);
}

endToEnd("A link with a slash after it is refused too", async () => {
  await using resident = await Resident.make();
  await Deno.rename(resident.slots, `${resident.slots}.real`);
  await Deno.symlink(`${resident.slots}.real`, resident.slots);
  const command = resident.command();
  command.push(`${command.pop()}/`);
  const { code, stderr } = await runToEnd(command);
  assertEquals(code, 1);
  assertMatch(stderr, /it is no folder/);
});

/** What may be written to `request`; each is followed by a mail that is answered. */
const GARBAGE: [name: string, text: string][] = [
  [
    "numbers that are no slots",
    "new 64\nnew -1\nnew 9999\nnew 1e1\ndone 64\nnew 0x1\n",
  ],
  ["names that are no numbers", "new ../../etc\nnew \ndone\nnew 1/2\n\n\n"],
  ["slots that nobody has", "new 5\ndone 5\nnew 63\ndone 0\n"],
  [
    "slots of launchers that are gone",
    Array.from({ length: 64 }, (_, n) => `new ${n} 1\ndone ${n} 1\n`).join(""),
  ],
  ["64 KiB without an end", "x".repeat(65_536)],
  ["64 KiB of line ends", "\n".repeat(65_536)],
  ["octets that are no text", "\0\xff\xfe".repeat(1000)],
  ["the beginning of a request", "new 1"],
];

for (const [name, text] of GARBAGE) {
  endToEnd(`\`request\` with ${name} holds up no mail`, async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    const octets = toBytes(text);
    // Opened for both, as launchers do; more than a FIFO holds waits until it is read.
    using request = await Deno.open(`${resident.slots}/request`, {
      read: true,
      write: true,
    });
    for (let at = 0; at < octets.length;) {
      at += await request.write(octets.subarray(at, at + 4096));
    }
    await sendOne(resident, site);
    await resident.emptied();
    assertEquals(await resident.answered("queue"), 1);
  });
}

/** Claims that no launcher writes, of a process that lives, and how they are answered. */
const CLAIMS: [name: string, claim: string, reply: RegExp | undefined][] = [
  [
    "of 1 MiB",
    `${Deno.pid}\ndk-sign\0tested\0/n\0\0A=${"x".repeat(1 << 20)}\0.\0`,
    /^\d+ again -$/,
  ],
  ["that is cut", `${Deno.pid}\ndk-sign\0tested\0/n`, /^\d+ again -$/],
  [
    "of no program",
    `${Deno.pid}\n__proto__\0tested\0/n\0\0.\0`,
    /^\d+ again -$/,
  ],
  ["of nobody", "x", undefined],
];

for (const [name, claim, reply] of CLAIMS) {
  endToEnd(`A claim ${name} is not worked for`, async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    const { slots } = resident;
    await Deno.writeTextFile(`${slots}/env.9`, claim);
    await Deno.writeTextFile(`${slots}/in.9`, MAIL);
    using slot = await Deno.open(`${slots}/slot.9`, {
      read: true,
      write: true,
    });
    await Deno.writeTextFile(`${slots}/request`, "new 9\n", {
      append: true,
      create: false,
    });
    if (reply !== undefined) {
      const buffer = new Uint8Array(8192);
      const count = await slot.read(buffer);
      const [line = ""] = new TextDecoder().decode(buffer.subarray(0, count!))
        .split("\n");
      assertMatch(line, reply);
      assertEquals(line.split(" ")[0], `${Deno.pid}`);
      await Deno.writeTextFile(`${slots}/request`, "done 9\n", {
        append: true,
        create: false,
      });
    }
    // What is nobody's goes when it is old.
    if (reply === undefined) await Deno.utime(`${slots}/env.9`, 1000, 1000);
    await sendOne(resident, site);
    await resident.emptied();
  });
}

endToEnd("A message that is a link to a key is not read", async () => {
  await using site = await Site.open();
  await using resident = await Resident.open();
  const { slots } = resident;
  const key = await site.write("key", "From: ann@example.com\n\nsecret\n");
  const parts = [
    "dk-sign",
    "tested",
    "/bin/true",
    "",
    `DKSIGN=${site.env.DKSIGN}`,
    ".",
  ];
  await Deno.writeTextFile(
    `${slots}/env.9`,
    `${Deno.pid}\n${parts.map((part) => `${part}\0`).join("")}`,
  );
  await Deno.symlink(key, `${slots}/in.9`);
  using slot = await Deno.open(`${slots}/slot.9`, { read: true, write: true });
  await Deno.writeTextFile(`${slots}/request`, "new 9\n", {
    append: true,
    create: false,
  });
  const buffer = new Uint8Array(8192);
  const count = await slot.read(buffer);
  const reply = new TextDecoder().decode(buffer.subarray(0, count!));
  assertMatch(reply, /^\d+ refuse - \d+\n/);
  assertEquals(resident.mailFiles().includes("out.9"), false);
  assertEquals(
    await Deno.readTextFile(key),
    "From: ann@example.com\n\nsecret\n",
  );
});

endToEnd("A second process waits until the first one has ended", async () => {
  await using site = await Site.open();
  await using resident = await Resident.open();
  const [program = "", ...args] = resident.command();
  const second = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = second.stderr.getReader();
  const said = reader.read();
  for (let mails = 0; mails < 3; mails++) await sendOne(resident, site);
  assertEquals(
    await Deno.readTextFile(`${resident.slots}/pid`),
    `${resident.pid}\n`,
  );
  await resident.kill();
  const { value } = await said;
  assertMatch(new TextDecoder().decode(value), /dk-resident: serves /);
  await sendOne(resident, site);
  assertEquals(
    await Deno.readTextFile(`${resident.slots}/pid`),
    `${second.pid}\n`,
  );
  second.kill("SIGTERM");
  while (!(await reader.read()).done);
  assertEquals((await second.status).code, 0);
  assertEquals(await resident.answered("queue"), 1);
});

endToEnd("A process whose folder is gone ends", async () => {
  await using resident = await Resident.open();
  await Deno.rename(resident.slots, `${resident.folder}/elsewhere`);
  assertEquals((await resident.ended()).code, 0);
  assertMatch(resident.log, /dk-resident: ended reason="its folder is gone"/);
});
