// The services of --resident under who supervises them: the process runs as the user of its place, works
// for that user's launchers, is there again after a kill, and its log is written.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { findProgram } from "../../scripts/bench/programs.ts";
import {
  PLACES,
  SERVICE_FOLDER,
} from "../../scripts/install/resident_place.ts";
import { Folder as Meeting } from "../../lib/system/slots/folder.ts";
import {
  Folder,
  install,
  runInstaller,
  sendThrough,
} from "../support/installer.ts";
import { runToEnd } from "../support/ended.ts";
import { MAIL } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { Daemon, until } from "./daemon.ts";
import { ignoreUnless, pathOf, ROOT } from "./requirements.ts";

interface Supervisor {
  name: string;
  /** Looks into the folder that is its last argument. */
  command: string[];
  /** What the run scripts find, and nothing of the others. */
  tools: string[];
  /** Ends a service, in whose folder it runs. */
  end: string[];
}

const SUPERVISORS: Supervisor[] = [
  {
    name: "daemontools",
    command: ["svscan"],
    tools: ["supervise", "svc", "setuidgid", "multilog"],
    end: ["svc", "-dx", "."],
  },
  {
    name: "runit",
    command: ["runsvdir", "-P"],
    tools: ["runsv", "sv", "chpst", "svlogd"],
    end: ["sv", "force-shutdown", "."],
  },
  {
    name: "s6",
    command: ["s6-svscan"],
    tools: ["s6-supervise", "s6-svc", "s6-setuidgid", "s6-log"],
    end: ["s6-svc", "-xd", "."],
  },
];

/** What the run scripts and launchers use of every system. */
const SYSTEM = ["sh", "id", "mkdir", "chown", "cat"];

/** A next program that has the whole message. */
const ARRIVED = 71;
const COUNT = `test "$(/usr/bin/wc -c)" -eq ${MAIL.length} && exit ${ARRIVED}`;

endToEnd(
  "systemd has nothing to say of the units of resident processes",
  async () => {
    await using folder = await Folder.make();
    const prefix = `${folder.path}/p`;
    await install(["--prefix", prefix, "--resident"]);
    for (const { name } of Object.values(PLACES)) {
      const unit = `${prefix}/${SERVICE_FOLDER}/${name}.service`;
      const words = [pathOf("systemd-analyze"), "verify", unit];
      const { code, stderr } = await runToEnd(words);
      const lines = stderr.split("\n").filter((line) => line.includes(name));
      assertEquals([code, lines], [0, []]);
    }
  },
  ignoreUnless("systemd-analyze"),
);

for (const { name, command, tools, end } of SUPERVISORS) {
  endToEnd(
    `The service of a resident process works under ${name}`,
    async () => {
      await using folder = await Folder.make();
      const prefix = `${folder.path}/p`;
      await install(["--prefix", prefix, "--resident"]);
      const place = `${prefix}/${PLACES.smtpd.folder}`;
      const service = `${prefix}/service/${PLACES.smtpd.name}`;
      const env = { PATH: await makePath(folder.path, tools) };
      const scanned = `${folder.path}/scanned`;
      await Deno.mkdir(scanned);
      await Deno.symlink(service, `${scanned}/${PLACES.smtpd.name}`);
      const serving = () => Meeting.servedBy(place);
      const [scanner = "", ...args] = command;
      const daemon = await Daemon.start({
        command: [pathOf(scanner), ...args, scanned],
        env,
        isReady: () => Promise.resolve(serving() !== undefined),
      });
      try {
        const first = serving()!;
        const { uid, gid } = await Deno.stat(place);
        assertEquals((await Deno.stat(`/proc/${first}`)).uid, uid);
        await breakProgram(prefix);
        const send = async () => {
          const ids = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
          const launcher = `${prefix}/bin/qmail-dk`;
          const { code, stderr } = await sendThrough(launcher, {
            command: [
              ...[pathOf("setpriv"), ...ids],
              ...[launcher, "/bin/sh", "-c", COUNT],
            ],
            next: "none",
          });
          assertEquals(code, ARRIVED, stderr);
        };
        await send();
        const refused = await runInstaller(["--prefix", prefix, "--uninstall"]);
        assertEquals(refused.code, 1);
        assertMatch(refused.stderr, /process \d+ serves it/);
        Deno.kill(first, "SIGKILL");
        await until("it is there again", () => {
          const pid = serving();
          return pid !== undefined && pid !== first;
        });
        await send();
      } finally {
        await endService([service, `${service}/log`], end, env);
        await daemon.end();
      }
      await until("it has ended", () => serving() === undefined);
      const log = await Deno.readTextFile(`${service}/log/main/current`);
      assertEquals(log.match(/dk-resident: serves /g)?.length, 2, log);
      const stdout = await install(["--prefix", prefix, "--uninstall"]);
      assert(stdout.includes(`left the log ${service}/log/main`), stdout);
    },
    ROOT,
    ignoreUnless(...command.slice(0, 1), ...tools, "setpriv"),
  );
}

/** A folder with links to the only programs that a service finds. */
async function makePath(folder: string, tools: string[]): Promise<string> {
  const path = `${folder}/bin`;
  await Deno.mkdir(path);
  for (const name of [...SYSTEM, ...tools]) {
    await Deno.symlink(findProgram(name)!, `${path}/${name}`);
  }
  return path;
}

/** Without the resident process no mail goes through the launcher of qmail-dk any more. */
async function breakProgram(prefix: string): Promise<void> {
  const store = `${prefix}/lib/qmail-dk`;
  const state = await Deno.readTextFile(`${store}/state.json`);
  const { current } = JSON.parse(state);
  await Deno.remove(`${store}/${current}/programs/qmail-dk.js`);
}

async function endService(
  folders: string[],
  [program = "", ...args]: string[],
  env: Record<string, string>,
): Promise<void> {
  for (const cwd of folders) {
    await new Deno.Command(pathOf(program), {
      args,
      cwd,
      env,
      clearEnv: true,
      stdout: "null",
    }).output();
  }
}
