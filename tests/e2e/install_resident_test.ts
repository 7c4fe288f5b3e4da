// Installing with --resident: launchers, places with their owners, services; upgrades, rollback and
// removal while a process serves.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { formatServices } from "../../scripts/install/resident_service.ts";
import { formatResidentWay } from "../../scripts/install/resident_way.ts";
import {
  copyProject,
  Folder,
  install,
  listTree,
  ROOT_USER,
  runInstaller,
  sendThrough,
} from "../support/installer.ts";
import { MAIL } from "../support/mail.ts";
import { runToEnd } from "../support/ended.ts";
import { endToEnd, type Prefix, wordsOf } from "../support/requirements.ts";
import {
  CAN_BECOME,
  isAlive,
  ResidentService,
} from "../support/resident_service.ts";

const FILTERS = ["qmail-dk", "dk-sign", "dk-verify", "dk-remote"];
const SMTPD = "resident/smtpd";

endToEnd(
  "`install --resident` puts lines into the launchers of the filters, and changes nothing else of any",
  async () => {
    await using folder = await Folder.make();
    const prefix = `${folder.path}/p`;
    const launchersOf = async (version: string) => {
      const entries = await Array.fromAsync(Deno.readDir(`${prefix}/bin`));
      const names = entries.map(({ name }) => name).toSorted();
      return await Promise.all(
        names.map(async (name) => {
          const text = await Deno.readTextFile(`${prefix}/bin/${name}`);
          return [name, text.replaceAll(version, "VERSION")] as const;
        }),
      );
    };
    await install(["--prefix", prefix]);
    const without = await launchersOf(await versionIn(prefix));
    await install(["--prefix", prefix, "--resident"]);
    const version = await versionIn(prefix);
    const withLines = await launchersOf(version);
    assertEquals(
      withLines.map(([name, text]) => [name, cut(name, text, prefix)]),
      without,
    );
    assertEquals(
      withLines.filter(([, text], at) => text !== without[at]![1])
        .map(([name]) => name),
      FILTERS.toSorted(),
    );
    await install(["--prefix", prefix, "--no-resident"]);
    assertEquals(await launchersOf(await versionIn(prefix)), without);
  },
);

/** A launcher without the lines of the resident way. */
function cut(name: string, text: string, prefix: string): string {
  if (!FILTERS.includes(name)) return text;
  const isRemote = name === "dk-remote";
  const lines = formatResidentWay({
    name,
    isRemote,
    version: "VERSION",
    folder: `${prefix}/${isRemote ? "resident/remote" : SMTPD}`,
    defaults: {},
    cat: "/bin/cat",
  });
  assert(text.includes(lines), `${name} has other lines:\n${text}`);
  return text.replace(`${lines}\n`, () => "");
}

endToEnd(
  "`install --resident` as root gives a place to its user where there is one, and says where there is none",
  async () => {
    await using folder = await Folder.make();
    const prefix = `${folder.path}/p`;
    const stdout = await install(["--prefix", prefix, "--resident"]);
    for (
      const [name, user] of [["smtpd", "qmaild"], ["remote", "qmailr"]] as const
    ) {
      const uid = await uidOf(user);
      const { mode, uid: owner } = await Deno.stat(
        `${prefix}/resident/${name}`,
      );
      assertEquals([mode! & 0o7777, owner], [0o700, uid ?? 0]);
      const run = `${prefix}/service/dk-resident-${name}/run`;
      assertEquals(
        (await Deno.readTextFile(run)).includes(`setuidgid ${user} `),
        uid !== undefined,
      );
      const unit = await Deno.readTextFile(
        `${prefix}/service/dk-resident-${name}.service`,
      );
      assertEquals(unit.includes(`\nUser=${user}\n`), uid !== undefined);
      assertMatch(unit, /^Restart=always$/m);
      assertEquals(
        stdout.includes(`there is no user ${user}`),
        uid === undefined,
      );
      assert(stdout.includes(`ln -s ${prefix}/service/dk-resident-${name} `));
    }
  },
  ROOT_USER,
);

/** What makes us a user who is not root, and may read what we may. */
const NO_ROOT: Prefix = await noRoot();

async function noRoot(): Promise<Prefix> {
  if (Deno.uid() !== 0) return { words: [] };
  const words = ["unshare", "--user", "--map-user=65534"];
  const { code } = await runToEnd(["sh", "-c", `${words.join(" ")} true`]);
  return code === 0 ? { words } : { missing: "root, and no user namespaces" };
}

endToEnd(
  "`install --resident` as a user makes places of that user, and says so",
  async () => {
    await using folder = await Folder.make();
    const prefix = `${folder.path}/p`;
    const stdout = await install(["--prefix", prefix, "--resident"], {
      words: wordsOf(NO_ROOT),
    });
    for (const name of ["smtpd", "remote"]) {
      const { mode, uid } = await Deno.stat(`${prefix}/resident/${name}`);
      assertEquals([mode! & 0o7777, uid], [0o700, Deno.uid()]);
      const run = `${prefix}/service/dk-resident-${name}/run`;
      assertMatch(
        await Deno.readTextFile(run),
        /\nexec \S+\/bin\/dk-resident \S+\n$/,
      );
    }
    assertMatch(stdout, /root did not install this/);
  },
  NO_ROOT,
);

endToEnd(
  "`install` as an upgrade keeps --resident, and puts back a place that has gone",
  async () => {
    await using folder = await Folder.make();
    const prefix = `${folder.path}/p`;
    await install(["--prefix", prefix, "--resident"]);
    const before = await listTree(prefix);
    assertMatch(await install(["--prefix", prefix]), /installed already/);
    assertEquals(await listTree(prefix), before);
    await Deno.remove(`${prefix}/${SMTPD}`);
    await install(["--prefix", prefix]);
    await Deno.stat(`${prefix}/${SMTPD}`);
    const root = await copyProject(folder.path, "9.9.1");
    await install(["--prefix", prefix], { root });
    await Deno.stat(`${prefix}/service/dk-resident-smtpd/run`);
    assertMatch(
      await Deno.readTextFile(`${prefix}/bin/dk-sign`),
      /dk_folder=/,
    );
  },
);

endToEnd(
  "An upgrade and `--rollback` under a running process: it ends itself, no mail is lost, the next one has the new version",
  async () => {
    await using folder = await Folder.make();
    const prefix = `${folder.path}/p`;
    const args = ["--prefix", prefix];
    const send = () =>
      sendThrough(`${prefix}/bin/qmail-dk`, {
        command: [
          ...asOwner(prefix),
          ...[`${prefix}/bin/qmail-dk`, "/bin/sh", "-c", COUNT],
        ],
        next: "none",
      });
    await install([...args, "--resident"]);
    const root = await copyProject(folder.path, "9.9.1");
    const steps = [
      () => install(args, { root }),
      () => install([...args, "--rollback"]),
    ];
    for (const step of steps) {
      const before = await versionIn(prefix);
      await using service = await ResidentService.start(prefix);
      await breakPrograms(prefix, before);
      // The program itself cannot do it.
      assertEquals((await send()).code, ARRIVED);
      await mendPrograms(prefix, before);
      await step();
      assert(await versionIn(prefix) !== before);
      assert(isAlive(service.pid), "the process has ended too soon");
      assertEquals((await send()).code, ARRIVED);
      const ended = await service.ended();
      assertEquals(ended.code, 0);
      assertMatch(ended.log, /serves .*\n.*ended reason="another version/);
      assert(ended.log.includes(`version=${before}`));
    }
    await using service = await ResidentService.start(prefix);
    await breakPrograms(prefix, await versionIn(prefix));
    assertEquals((await send()).code, ARRIVED);
    assert(isAlive(service.pid));
  },
  CAN_BECOME,
);

endToEnd(
  "`install --uninstall` refuses while a process serves, and removes what it has left",
  async () => {
    await using folder = await Folder.make();
    const prefix = `${folder.path}/p`;
    const args = ["--prefix", prefix, "--uninstall"];
    await install(["--prefix", prefix, "--resident"]);
    await using service = await ResidentService.start(prefix);
    const { code, stderr } = await runInstaller(args);
    assertEquals(code, 1);
    assert(
      stderr.includes(
        `${prefix}/${SMTPD}: process ${service.pid} serves it\n    -> kill ${service.pid}\n`,
      ),
      stderr,
    );
    Deno.kill(service.pid, "SIGTERM");
    assertEquals((await service.ended()).code, 0);
    await Deno.stat(`${prefix}/${SMTPD}/request`);
    await install(args);
    assertEquals(
      (await listTree(folder.path)).some((line) => line.startsWith("p ")),
      false,
    );
  },
  CAN_BECOME,
);

endToEnd(
  "`install --uninstall` refuses while a run script starts the process, and keeps the log",
  async () => {
    await using folder = await Folder.make();
    const prefix = `${folder.path}/p`;
    const args = ["--prefix", prefix, "--uninstall"];
    await install(["--prefix", prefix, "--resident"]);
    const service = `${prefix}/service/dk-resident-smtpd`;
    const refused = await runInstaller([...args, "--run", `${service}/run`]);
    assertEquals(refused.code, 1);
    assert(
      refused.stderr.includes(
        `${service}/run: supervises a process that serves ${prefix}/${SMTPD}\n    -> `,
      ),
      refused.stderr,
    );
    await Deno.mkdir(`${service}/supervise`);
    await Deno.mkdir(`${service}/log/main`);
    await Deno.writeTextFile(`${service}/log/main/current`, "a line\n");
    const stdout = await install([...args, "--force"]);
    assert(stdout.includes(`left the log ${service}/log/main`), stdout);
    assertEquals(
      await Deno.readTextFile(`${service}/log/main/current`),
      "a line\n",
    );
    assertEquals((await Array.fromAsync(Deno.readDir(service))).length, 1);
  },
);

for (const name of ["a b", `it's "$HOME" \`x\` \\ & * é }`, "%41#?"]) {
  endToEnd(
    `The run script and the unit of a service below "${name}" start what they name`,
    async () => {
      await using folder = await Folder.make();
      const prefix = `${folder.path}/${name}`;
      await Deno.mkdir(`${prefix}/bin`, { recursive: true });
      await Deno.writeTextFile(
        `${prefix}/bin/dk-resident`,
        `#!/bin/sh\nprintf '%s\\n' "$0" "$@"\n`,
        { mode: 0o755 },
      );
      const said = [`${prefix}/bin/dk-resident`, `${prefix}/${SMTPD}`];
      for (const { path, text, isProgram } of formatServices(prefix, "1-a")) {
        if (!path.includes("smtpd") || path.includes("/log/")) continue;
        if (isProgram) {
          // A supervisor may give it words.
          const { stdout } = await runToEnd(["/bin/sh", "-c", text, "sh", "x"]);
          assertEquals(stdout, said.join("\n") + "\n");
        } else {
          const [, line = ""] = /^ExecStart=(.*)$/m.exec(text) ?? [];
          assertEquals(readUnitWords(line), said);
        }
      }
    },
    CAN_BECOME,
  );
}

/** Reads double-quoted words as systemd.service(5) and systemd.syntax(7) have them. */
function readUnitWords(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word]) =>
    word!.replace(/\\(.)/g, "$1").replaceAll("%%", "%")
      .replaceAll("$$", () => "$")
  );
}

Deno.test("`install` refuses --resident together with --no-resident, --rollback or --uninstall", async () => {
  for (const other of ["--no-resident", "--rollback", "--uninstall"]) {
    const { code, stderr } = await runInstaller(["--resident", other]);
    assertEquals(code, 2);
    assertMatch(stderr, /--resident/);
  }
});

/** A next program of whoever the place belongs to: it has the message to its last octet. */
const ARRIVED = 71;
const COUNT = `test "$(wc -c)" -eq ${MAIL.length} && exit ${ARRIVED}`;

async function versionIn(prefix: string): Promise<string> {
  const text = await Deno.readTextFile(`${prefix}/lib/qmail-dk/state.json`);
  return JSON.parse(text).current;
}

/** Words that make us the owner of the place, who alone may enter it. */
function asOwner(prefix: string): string[] {
  const { uid, gid } = Deno.statSync(`${prefix}/${SMTPD}`);
  return uid === Deno.uid() ? [] : [
    "/usr/bin/setpriv",
    `--reuid=${uid}`,
    `--regid=${gid}`,
    "--clear-groups",
  ];
}

const PROGRAM = "programs/qmail-dk.js";

async function breakPrograms(prefix: string, version: string): Promise<void> {
  const path = `${prefix}/lib/qmail-dk/${version}/${PROGRAM}`;
  await Deno.rename(path, `${path}.away`);
}

async function mendPrograms(prefix: string, version: string): Promise<void> {
  const path = `${prefix}/lib/qmail-dk/${version}/${PROGRAM}`;
  await Deno.rename(`${path}.away`, path);
}

async function uidOf(user: string): Promise<number | undefined> {
  const { code, stdout } = await runToEnd(["id", "-u", user]);
  return code === 0 ? Number(stdout) : undefined;
}
