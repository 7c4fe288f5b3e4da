// dk-doctor and the users who run the programs, some of whom cannot read, write or execute.

import { assertEquals, assertMatch } from "@std/assert";
import { bundle } from "../../scripts/build/bundle.ts";
import { Installation, KEY, pick, pickOne } from "../support/doctor.ts";

const NOBODY = ["--user", "nobody"];

/** Users that there are, and what it takes to become one. */
const canSwitch = Deno.uid() === 0 &&
  (await new Deno.Command("sh", {
    args: ["-c", "id nobody && id daemon && command -v setpriv"],
  }).output()).success;

function asNobody(name: string, fn: (site: Installation) => Promise<void>) {
  Deno.test({
    name: `${name} (needs root, setpriv, and the users nobody and daemon)`,
    ignore: !canSwitch,
    fn: async () => {
      await using site = await Installation.open();
      await Deno.chmod(`${site.folder}/tmp`, 0o777);
      await fn(site);
    },
  });
}

async function groupOf(user: string): Promise<string> {
  const { stdout } = await new Deno.Command("id", { args: ["-gn", user] })
    .output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("`dk-doctor` says once that a user is missing, and stands in", async () => {
  await using site = await Installation.open();
  const args = ["--user", "no-such-user", "--user", "nor-this-one"];
  const findings = await site.examine(args);
  const { status, subject, detail, advice } = pickOne(findings, "user");
  assertEquals([status, subject], ["warn", "no-such-user, nor-this-one"]);
  assertMatch(detail, /^not on this machine; \S+ stands in /);
  assertEquals(advice, "dk-doctor --user NAME, with who runs qmail-smtpd");
  assertEquals(pickOne(findings, "key").status, "ok");
});

asNobody("`dk-doctor` finds a key that nobody cannot read", async (site) => {
  const path = `${site.folder}/keys/example.com/default`;
  const finding = pickOne(await site.examine(NOBODY), "key");
  const group = await groupOf("nobody");
  assertEquals(finding, {
    check: "key",
    status: "fail",
    subject: path,
    detail: `nobody may not read it: ${path} has mode 0640, user 0, group 0`,
    advice: `chown nobody:${group} ${path} && chmod 440 ${path}`,
  });
  // What it says to type is what helps.
  const typed = await new Deno.Command("sh", { args: ["-c", finding.advice!] })
    .output();
  assertEquals(typed.success, true);
  assertEquals(pickOne(await site.examine(NOBODY), "key").status, "ok");
});

asNobody(
  "`dk-doctor` finds the folder that keeps nobody from a key",
  async (site) => {
    const folder = `${site.folder}/keys/example.com`;
    await Deno.chmod(`${folder}/default`, 0o644);
    await Deno.chmod(folder, 0o700);
    const [finding] = pick(await site.examine(NOBODY), "key");
    assertEquals(finding?.status, "fail");
    assertEquals(
      finding?.detail,
      `nobody may not execute it: ${folder} has mode 0700, user 0, group 0`,
    );
    assertEquals(finding?.advice, `chmod a+x ${folder}`);
  },
);

asNobody(
  "`dk-doctor` finds the folder behind a link that keeps nobody from a key",
  async (site) => {
    const real = await site.write("real/default", KEY.pem);
    await Deno.chmod(`${site.folder}/real`, 0o700);
    const path = `${site.folder}/keys/example.com/default`;
    await Deno.remove(path);
    await Deno.symlink(real, path);
    const [finding] = pick(await site.examine(NOBODY), "key");
    assertEquals(finding?.status, "fail");
    assertMatch(finding!.detail, /\/real has mode 0700/);
  },
);

asNobody(
  "`dk-doctor` finds a TMPDIR that nobody cannot write to",
  async (site) => {
    const good = pickOne(await site.examine(NOBODY), "tmpdir");
    assertEquals(good.status, "ok");
    await Deno.chmod(`${site.folder}/tmp`, 0o755);
    const { status, detail } = pickOne(await site.examine(NOBODY), "tmpdir");
    assertEquals(status, "fail");
    assertMatch(detail, /^nobody may not write it: \S+\/tmp has mode 0755/);
  },
);

asNobody(
  "`dk-doctor` finds a next program that nobody cannot execute",
  async (site) => {
    const DKQUEUE = await site.write("bin/queue", "#!/bin/sh\n", 0o744);
    const findings = await site.examine(NOBODY, { DKQUEUE });
    const { status, detail } = pickOne(findings, "next", DKQUEUE);
    assertEquals(status, "fail");
    assertMatch(detail, /^nobody may not execute it: \S+ has mode 0744/);
  },
);

/** Folders that dk-doctor is started in, as nobody. */
const FOLDERS = [
  { name: "the root folder", make: () => Promise.resolve("/") },
  {
    name: "a folder that it may not enter",
    make: async ({ folder }: Installation) => {
      await Deno.mkdir(`${folder}/closed`, { mode: 0o700 });
      return `${folder}/closed`;
    },
  },
  {
    name: "a folder in one that it may not enter",
    make: async ({ folder }: Installation) => {
      await Deno.mkdir(`${folder}/closed`, { mode: 0o700 });
      await Deno.mkdir(`${folder}/closed/open`);
      await Deno.chmod(`${folder}/closed/open`, 0o755);
      return `${folder}/closed/open`;
    },
  },
];

for (const { name, make } of FOLDERS) {
  asNobody(
    `\`dk-doctor\` says as nobody what it cannot know, in ${name}`,
    async (site) => {
      site.cwd = await make(site);
      // Files are judged by their modes, as another user than the one we are.
      await site.addKey("example.net", { pem: "x", record: "v=DKIM1; p=" });
      await Deno.chmod(`${site.folder}/keys/example.net/default`, 0o604);
      const runtime = await site.runtime();
      const script = await site.write(
        "lib/dk-doctor.js",
        await bundle("scripts/dk_doctor/main.ts", "module"),
      );
      const { code, stdout, stderr } = await site.run(
        ["--json", "--user", "root"],
        { DENO_DIR: "/dev/null" },
        [
          "setpriv",
          "--reuid=nobody",
          `--regid=${await groupOf("nobody")}`,
          "--clear-groups",
          runtime,
        ],
        ["run", "--no-config", "--no-lock", "--unstable-net", "-A", script],
      );
      assertEquals([code, stderr], [1, ""]);
      const findings = JSON.parse(stdout);
      const user = pickOne(findings, "user");
      assertEquals(
        [user.status, user.advice],
        ["warn", "run dk-doctor as root"],
      );
      const key = pickOne(findings, "key", "example.com");
      assertEquals(
        [key.status, key.detail, key.advice],
        ["warn", "dk-doctor itself may not read it", "run dk-doctor as root"],
      );
      assertEquals(pickOne(findings, "tmpdir").status, "ok");
    },
  );
}

asNobody(
  "`dk-doctor` counts paths without a slash in front from its folder",
  async (site) => {
    await site.install("qmail-dk");
    site.cwd = site.folder;
    const args = [...NOBODY, "--prefix", "."];
    const env = { DKSIGN: "keys/%/default", TMPDIR: "tmp" };
    const bad = pickOne(await site.examine(args, env), "key");
    assertEquals([bad.status, bad.subject], [
      "fail",
      "keys/example.com/default",
    ]);
    assertMatch(bad.detail, /^nobody may not read it: keys\S+ has mode 0640/);
    await Deno.chmod(`${site.folder}/keys/example.com/default`, 0o644);
    const good = await site.examine(args, env);
    assertEquals(pickOne(good, "key").detail, "everybody can read it");
    assertEquals(pickOne(good, "tmpdir").status, "ok");
    assertMatch(pickOne(good, "install").detail, /^has qmail-dk$/);
    // Tried where no key is, since it is another folder; but it is found, and it runs.
    assertMatch(pick(good, "program")[1]!.detail, /^can verify as nobody /);
  },
);

asNobody(
  "`dk-doctor` tells how users of two groups can read a key",
  async (site) => {
    const both = [...NOBODY, "--user", "daemon"];
    const folder = `${site.folder}/keys/example.com`;
    await Deno.chmod(folder, 0o750);
    const bad = pick(await site.examine(both), "key");
    assertEquals(bad.map(({ status }) => status), ["fail", "fail"]);
    assertMatch(bad[0]!.detail, new RegExp(`${folder} has mode`));
    // Both the folder and the file are in the way, and one line opens both.
    const { success } = await new Deno.Command("sh", {
      args: ["-c", bad[0]!.advice!],
    }).output();
    assertEquals(success, true, bad[0]!.advice!);
    const finding = pickOne(await site.examine(both), "key");
    assertEquals(finding.status, "ok");
    assertMatch(finding.detail, /mode 0440, can be read by nobody and daemon$/);
  },
);

asNobody("`dk-doctor` sends messages as nobody", async (site) => {
  await site.install("qmail-dk");
  const key = `${site.folder}/keys/example.com/default`;
  const bad = await site.examine(NOBODY);
  const [signing, verifying] = pick(bad, "program");
  assertEquals([signing?.status, verifying?.status], ["fail", "ok"]);
  assertMatch(
    signing!.detail,
    / as nobody under .*: ended with 55: qmail-dk: /,
  );
  const { advice } = pickOne(bad, "key", key);
  await new Deno.Command("sh", { args: ["-c", advice!] }).output();
  const good = pick(await site.examine(NOBODY), "program");
  assertEquals(good.map(({ status }) => status), ["ok", "ok"]);
  assertMatch(good[0]!.detail, /^can sign for example\.com as nobody in /);
});
