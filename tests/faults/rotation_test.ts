// dk-rotate, killed at each of its system calls that change something and run again; twice at once; on
// a disk without room, and in a folder that it may not write to.

import { assertEquals, assertMatch } from "@std/assert";
import { parsePrivateKey } from "../../lib/keys/private_key.ts";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import { DAY_MS, RotatingSite } from "../support/rotation.ts";
import {
  endToEnd,
  MOUNTING,
  privilegeOf,
  wordsOf,
} from "../support/requirements.ts";

const MAIN =
  new URL("../../scripts/dk_rotate/main.ts", import.meta.url).pathname;
const HURRIED =
  new URL("../support/hurried_timers.ts", import.meta.url).pathname;
const COMMAND = [Deno.execPath(), "run", "-A", MAIN];

/**
 * The calls by which a run changes a folder, or has what it wrote last. What was written before one of
 * them is in a file that nobody looks at yet.
 */
const CALLS = [
  "symlink,symlinkat",
  "fsync",
  "fchown",
  "fchmod",
  "utimensat",
  "link,linkat",
  "rename,renameat,renameat2",
  "unlink,unlinkat",
];

/** Of each call a run makes fewer. */
const MOST_CALLS = 40;

async function run(
  site: RotatingSite,
  args: string[] = [],
  prefix: string[] = [],
): Promise<{ code: number; signal: Deno.Signal | null; text: string }> {
  await using dns = startDnsServer(site.zones[0]!);
  const [program, ...rest] = [...prefix, ...COMMAND, ...args, site.folder];
  const { code, signal, stdout, stderr } = await new Deno.Command(program!, {
    args: rest,
    env: { DNSCACHEIP: dns.address },
  }).output();
  const text = new TextDecoder().decode(new Uint8Array([...stdout, ...stderr]));
  return { code, signal, text };
}

/** The names in a folder, but for the lock. */
function namesIn(site: RotatingSite): string[] {
  return Array.from(Deno.readDirSync(site.folder), ({ name }) => name)
    .filter((name) => name !== ".dk-rotate.lock").sort();
}

/** Every link leads to a whole key. */
async function assertWhole(site: RotatingSite): Promise<void> {
  for (const name of ["default", "ed"]) {
    const pem = await Deno.readTextFile(`${site.folder}/${name}`);
    parsePrivateKey(pem);
  }
}

/** What was done before the run, and the arguments of the run. */
const STAGES: Record<
  string,
  { args: string[]; prepare(site: RotatingSite): Promise<void> }
> = {
  "makes keys": {
    args: ["--now"],
    prepare: () => Promise.resolve(),
  },
  "switches": {
    args: [],
    async prepare(site) {
      await site.publish(await site.run("--now"));
    },
  },
  "removes keys": {
    args: [],
    async prepare(site) {
      site.nowMs -= 20 * DAY_MS;
      await site.publish(await site.run("--now"));
      await site.run();
      site.nowMs += 20 * DAY_MS;
      await site.publish((await site.run()).filter(({ is }) => is !== "keep"));
    },
  },
};

for (const [stage, { args, prepare }] of Object.entries(STAGES)) {
  for (const call of CALLS) {
    endToEnd(
      `dk-rotate that ${stage}, killed at each ${call} and run again, comes to the same end`,
      async () => {
        await using whole = await RotatingSite.open(1);
        await prepare(whole);
        assertEquals((await run(whole, args)).code, 0);
        for (let n = 1; n < MOST_CALLS; n++) {
          await using site = await RotatingSite.open(1);
          await prepare(site);
          const killed = await run(site, args, [
            ...["strace", "-f", "-qq", "-o", "/dev/null"],
            ...["-e", `trace=${call}`],
            ...["-e", `inject=${call}:signal=KILL:when=${n}`],
          ]);
          await assertWhole(site);
          const letter = await site.sign();
          assertEquals(await site.verify(letter), ["pass", "pass"]);
          const again = await run(site, args);
          assertEquals(again.code, 0, again.text);
          assertEquals(namesIn(site), namesIn(whole), `${call} ${n}`);
          await assertWhole(site);
          if (killed.code === 0) return;
          assertEquals(killed.signal ?? killed.code, "SIGKILL", killed.text);
        }
        throw new Error(`More than ${MOST_CALLS} calls of ${call}`);
      },
    );
  }

  endToEnd(
    `dk-rotate that ${stage}, twice at once, comes to the same end`,
    async () => {
      await using whole = await RotatingSite.open(1);
      await prepare(whole);
      assertEquals((await run(whole, args)).code, 0);
      await using site = await RotatingSite.open(1);
      await prepare(site);
      const both = await Promise.all([run(site, args), run(site, args)]);
      assertEquals(both.map(({ code }) => code), [0, 0], both[1].text);
      assertEquals(namesIn(site), namesIn(whole));
      await assertWhole(site);
    },
  );
}

endToEnd(
  "dk-rotate --wait asks until the records are there, says each of them once, and switches",
  async () => {
    await using site = await RotatingSite.open(1);
    await using dns = startDnsServer(site.zones[0]!);
    const [program, ...rest] = COMMAND.toSpliced(2, 0, "--preload", HURRIED);
    const process = new Deno.Command(program!, {
      args: [...rest, "--now", "--wait", site.folder],
      env: { DNSCACHEIP: dns.address },
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    let said = "";
    let isPublished = false;
    for await (
      const text of process.stdout.pipeThrough(new TextDecoderStream())
    ) {
      said += text;
      if (isPublished || said.match(/^publish: .*\n/gm)?.length !== 2) continue;
      assertEquals(site.selectors(), ["first", "first-ed"]);
      // It asks in vain at least once.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await site.publish([]);
      isPublished = true;
    }
    assertEquals((await process.status).code, 0, said);
    assertEquals(said.match(/^publish: /gm)?.length, 2, said);
    assertMatch(said, /: s\d{6}-a signs in place of first-ed\n$/);
  },
);

endToEnd(
  "dk-rotate without room leaves the keys as they are, and goes on when there is room",
  async () => {
    await using site = await RotatingSite.open(1);
    const before = namesIn(site);
    const disk = `${site.keys}/disk`;
    await Deno.mkdir(disk);
    // A disk of its own, filled to the last block but for the folder.
    const script = `mount -t tmpfs -o size=64k dk_disk "$0" &&
cp -a "$1" "$0/" && dd if=/dev/zero of="$0/full" bs=1k 2>/dev/null
shift; "$@"; code=$?; rm "$0/full"; "$@" || exit 99; exit $code`;
    const inside = `${disk}/example.com`;
    await using dns = startDnsServer(site.zones[0]!);
    const { code, stdout, stderr } = await new Deno.Command(
      "/usr/bin/unshare",
      {
        args: [
          ...["-m", "sh", "-c", script, disk, site.folder],
          ...COMMAND,
          ...["--now", inside],
        ],
        env: { DNSCACHEIP: dns.address },
      },
    ).output();
    const text = new TextDecoder().decode(
      new Uint8Array([...stdout, ...stderr]),
    );
    assertEquals(code, 1, text);
    assertMatch(text, /dk-rotate: .*ENOSPC/);
    assertMatch(text, /made the key s\d{6}-a/);
    assertEquals(namesIn(site), before);
  },
  MOUNTING,
);

const UNPRIVILEGED = privilegeOf("chmod");

endToEnd("dk-rotate says that it cannot write to a folder", async () => {
  await using site = await RotatingSite.open(1);
  const before = namesIn(site);
  await Deno.chmod(site.folder, 0o555);
  const { code, text } = await run(site, ["--now"], wordsOf(UNPRIVILEGED));
  assertEquals(code, 1, text);
  assertMatch(text, /dk-rotate: .*[Pp]ermission denied/);
  assertEquals(namesIn(site), before);
}, UNPRIVILEGED);
