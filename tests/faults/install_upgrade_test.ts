// Upgrades while mail arrives, and installers that are killed at any moment: every mail finds one
// whole version, and the next installer finishes what the killed one has begun.

import { assert, assertEquals } from "@std/assert";
import { runFilter } from "../support/queue.ts";
import { Random } from "../support/random.ts";
import {
  copyProject,
  Folder,
  install,
  installerCommand,
  listTree,
  runInstaller,
  sendThrough,
} from "../support/installer.ts";
import { MAIL, toBytes } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";

const IS_FULL = Deno.env.get("FUZZ_FULL") === "1";
const MAILS = IS_FULL ? 500 : 150;
const AT_A_TIME = 8;
/** The upgrade and two rollbacks. */
const LEAST_SWITCHES = 3;
const KILLS = IS_FULL ? 60 : 12;

/** A version whose log says which one it is. */
async function makeVersion(folder: string, version: string): Promise<string> {
  const root = await copyProject(folder, version);
  const path = `${root}/filters/dk_sign.ts`;
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(
    path,
    text.replace('run("dk-sign"', `run("dk-sign ${version}"`),
  );
  return root;
}

endToEnd(
  `\`install\` replaces versions under ${MAILS} mails and more, ${AT_A_TIME} at a time, and none is lost`,
  async () => {
    await using folder = await Folder.make();
    const prefix = `${folder.path}/p`;
    const roots = await Promise.all(
      ["9.9.1", "9.9.2"].map((version) => makeVersion(folder.path, version)),
    );
    await install(["--prefix", prefix], { root: roots[0]! });
    const found = new Map<string, number>();
    let sent = 0;
    let switches = 0;
    const isUnderWay = () => sent < MAILS || switches < LEAST_SWITCHES;
    const send = async () => {
      while (isUnderWay()) {
        sent++;
        const { code, stderr, queued } = await runFilter({
          command: [`${prefix}/bin/dk-sign`],
          message: toBytes(MAIL),
        });
        assertEquals(code, 0, stderr);
        assertEquals(queued?.message, toBytes(MAIL));
        const version = /^dk-sign (\S+): /.exec(stderr)?.[1] ?? stderr;
        found.set(version, (found.get(version) ?? 0) + 1);
      }
    };
    const replace = async () => {
      await install(["--prefix", prefix], { root: roots[1]! });
      switches++;
      while (isUnderWay()) {
        await install(["--prefix", prefix, "--rollback"]);
        switches++;
      }
    };
    await Promise.all([...Array.from({ length: AT_A_TIME }, send), replace()]);
    assertEquals([...found.keys()].sort(), ["9.9.1", "9.9.2"]);
    assertEquals([...found.values()].reduce((a, b) => a + b), sent);
  },
);

endToEnd(
  `\`install\`, killed ${KILLS} times, leaves what works and what can be finished`,
  async () => {
    await using folder = await Folder.make();
    const prefix = `${folder.path}/p`;
    const random = new Random(7);
    const before = performance.now();
    await install(["--prefix", prefix]);
    const durationMs = performance.now() - before;
    for (let n = 0; n < KILLS; n++) {
      const env = `${folder.path}/env`;
      await Deno.writeTextFile(env, `DKSIGN=/nonexistent/%/${n}\n`);
      const actions = [["--env", env], ["--env", env], ["--rollback"]];
      const action = random.pick(actions);
      const part = action[0] === "--env" ? durationMs : durationMs / 4;
      await killAfter(["--prefix", prefix, ...action], random.below(part));
      for (const name of ["dk-sign", "dk-verify", "qmail-dk"]) {
        const { code, stderr } = await sendThrough(`${prefix}/bin/${name}`);
        assertEquals(code, 0, stderr);
      }
    }
    await install(["--prefix", prefix, "--env", "/dev/null"]);
    const state = JSON.parse(
      await Deno.readTextFile(`${prefix}/lib/qmail-dk/state.json`),
    );
    assertEquals(state.next, undefined);
    const names = (await listTree(prefix)).map((line) => line.split(" ")[0]!);
    assertEquals(names.filter((name) => name.endsWith("-new")), []);
    const versions = names.filter((name) =>
      /^lib\/qmail-dk\/\d[^/]*$/.test(name)
    );
    assertEquals(
      versions.map((name) => name.split("/").at(-1)).sort(),
      [state.current, state.previous].filter(Boolean).sort(),
    );
    await install(["--prefix", prefix, "--uninstall"]);
    const left = (await listTree(folder.path)).map((line) =>
      line.split(" ")[0]
    );
    assertEquals(left, ["", "", "env"]);
  },
);

endToEnd(
  `\`install\`, killed ${KILLS} times in a new place, is finished by the next one`,
  async () => {
    await using folder = await Folder.make();
    const prefix = `${folder.path}/p`;
    const random = new Random(9);
    for (let n = 0; n < KILLS; n++) {
      await killAfter(["--prefix", prefix], 200 + random.below(700));
      if (n % 3 === 2) {
        const { code, stderr } = await runInstaller([
          "--prefix",
          prefix,
          "--uninstall",
        ]);
        assert(code === 0 || stderr.includes("Nothing is installed"), stderr);
      }
    }
    await install(["--prefix", prefix]);
    const { code } = await sendThrough(`${prefix}/bin/qmail-dk`);
    assertEquals(code, 0);
    await install(["--prefix", prefix, "--uninstall"]);
    const left = await listTree(folder.path);
    assertEquals(left.filter((line) => / f /.test(line)), []);
  },
);

/** Starts an installer and kills it, unless it has ended before. */
async function killAfter(args: string[], delayMs: number): Promise<void> {
  const [program = "", ...words] = installerCommand(args);
  const child = new Deno.Command(program, {
    args: words,
    stdout: "null",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It ended just now.
    }
  }, delayMs);
  await child.status;
  clearTimeout(timer);
}
