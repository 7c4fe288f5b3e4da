// dk-doctor and the next program: who can execute it, and whether a message would go in a circle.

import { assertEquals, assertMatch } from "@std/assert";
import { checkQueue } from "../../scripts/dk_doctor/next_program.ts";
import { formatTitle } from "../../scripts/site/own_program.ts";
import { Installation, pick, pickOne } from "../support/doctor.ts";

const ROUND = "is one of our own programs: a message would go round and round";
const QUEUE = "#!/bin/sh\nexit 0\n";
const TITLED = QUEUE.replace("\n", `\n# ${formatTitle("dk-sign", "0.0.0")}\n`);
const OURS = `${QUEUE}# a launcher\n`;

Deno.test("`dk-doctor` finds the program of DKQUEUE, with its arguments", async () => {
  await using site = await Installation.open();
  const path = await site.write("bin/real-queue", QUEUE, 0o755);
  const findings = await site.examine([], { DKQUEUE: ` ${path}  -x ` });
  const finding = pickOne(findings, "next", path);
  assertEquals(finding.status, "ok");
  assertMatch(finding.detail, /^can be executed by .*, as qmail-queue$/);
});

Deno.test("`dk-doctor` fails for a next program that is not there", async () => {
  await using site = await Installation.open();
  const path = `${site.folder}/bin/real-queue`;
  const findings = await site.examine([], { DKQUEUE: path });
  const { status, detail, advice } = pickOne(findings, "next", path);
  assertEquals(status, "fail");
  assertEquals(detail, "is not there, or cannot be executed");
  assertEquals(advice, `ls -l ${path}; name the real qmail-queue in DKQUEUE`);
});

for (
  const [name, text, mode, remedy] of [
    ["a program of another", QUEUE, 0o644, "chmod a+x"],
    ["a program that becomes another user", QUEUE, 0o4644, "chmod a+x"],
    ["a launcher of ours", TITLED, 0o644, "chmod 755"],
  ] as const
) {
  Deno.test(`\`dk-doctor\` has ${name} executed that may not be`, async () => {
    await using site = await Installation.open();
    const path = await site.write("bin/real-queue", text, mode);
    const bad = pickOne(
      await site.examine([], { DKQUEUE: `${path} /bin/true` }),
      "next",
      path,
    );
    assertEquals([bad.status, bad.advice], ["fail", `${remedy} ${path}`]);
    await new Deno.Command("sh", { args: ["-c", bad.advice!] }).output();
    const [good] = pick(
      await site.examine([], { DKQUEUE: `${path} /bin/true` }),
      "next",
      path,
    );
    assertEquals(good?.status, "ok");
    assertEquals((await Deno.stat(path)).mode! & 0o4000, mode & 0o4000);
  });
}

Deno.test("`dk-doctor` fails for a DKQUEUE that names nothing", async () => {
  await using site = await Installation.open();
  const findings = await site.examine([], { DKQUEUE: " " });
  const { status, detail } = pickOne(findings, "next", "DKQUEUE");
  assertEquals([status, detail], ["fail", "DKQUEUE names no program"]);
});

Deno.test("`dk-doctor` warns when the next program is one of our own with another after it", async () => {
  await using site = await Installation.open();
  const ours = await site.write("bin/dk-sign", OURS, 0o755);
  const real = await site.write("bin/real-queue", QUEUE, 0o755);
  const findings = await site.examine([], { DKQUEUE: `${ours} ${real}` });
  const [first, second, third] = pick(findings, "next", site.folder);
  assertEquals(
    [first, second, third].map((
      finding,
    ) => [finding?.status, finding?.subject]),
    [["ok", ours], ["warn", ours], ["ok", real]],
  );
  assertEquals(second?.advice, `DKQUEUE=${real}, if that is not wanted`);
});

for (
  const [name, make] of [
    [
      "by name",
      (site: Installation) =>
        Deno.symlink(`${site.folder}/bin/qmail-dk`, `${site.folder}/bin/queue`),
    ],
    ["as a copy", (site: Installation) =>
      Deno.copyFile(
        `${site.folder}/bin/qmail-dk`,
        `${site.folder}/bin/queue`,
      )],
  ] as const
) {
  Deno.test(`\`checkQueue()\` fails when qmail-queue itself is one of our own, ${name}`, async () => {
    await using site = await Installation.open();
    await site.write("bin/qmail-dk", OURS, 0o755);
    const real = await site.write("bin/real-queue", QUEUE, 0o755);
    await make(site);
    const last = `${site.folder}/bin/queue`;
    const before = Deno.env.get("DKQUEUE");
    try {
      Deno.env.delete("DKQUEUE");
      const bad = await checkQueue(site.folder, [], last);
      assertEquals(bad.map(({ status }) => status), ["ok", "fail"]);
      assertEquals(bad[1]!.detail, ROUND);
      const good = await checkQueue(site.folder, [], real);
      assertEquals(good.map(({ status }) => status), ["ok"]);
    } finally {
      if (before !== undefined) Deno.env.set("DKQUEUE", before);
    }
  });
}

Deno.test("`dk-doctor` fails when dk-remote goes on with dk-remote", async () => {
  await using site = await Installation.open();
  const ours = await site.writeProgram("dk-remote", OURS);
  const bad = await site.examine([], { DKREMOTE: ours });
  const { status: badStatus, detail: badDetail } = pickOne(bad, "next", ours);
  assertEquals([badStatus, badDetail], ["fail", ROUND]);
  const real = await site.write("bin/real-remote", QUEUE, 0o755);
  const good = await site.examine([], { DKREMOTE: real });
  const { status, detail } = pickOne(good, "next", real);
  assertEquals(status, "ok");
  assertMatch(detail, /^can be executed by .*, as qmail-remote$/);
});

Deno.test("`dk-doctor` hints at QMAILQUEUE, and fails when it names nothing", async () => {
  await using site = await Installation.open();
  const hint = pickOne(await site.examine(), "next", "QMAILQUEUE");
  assertEquals(hint.status, "ok");
  assertMatch(hint.detail, /^is not set here, and no service was found$/);
  const QMAILQUEUE = `${site.folder}/bin/nothing`;
  const bad = await site.examine([], { QMAILQUEUE });
  const { status, detail } = pickOne(bad, "next", QMAILQUEUE);
  assertEquals(status, "fail");
  assertEquals(detail, "is not there, or cannot be executed");
});
