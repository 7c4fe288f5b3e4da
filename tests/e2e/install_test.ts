// Installing, repairing, going back and removing, below a prefix in a temporary folder.

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  copyProject,
  Folder,
  install,
  listTree,
  needs,
  ROOT,
  runInstaller,
  sendThrough,
} from "../support/installer.ts";
import { endToEnd } from "../support/requirements.ts";

const { version: VERSION } = JSON.parse(
  await Deno.readTextFile(`${ROOT}deno.json`),
);

endToEnd("`install --dry-run` touches nothing", async () => {
  await using folder = await Folder.make();
  const before = await listTree(folder.path);
  const stdout = await install(["--prefix", folder.path, "--dry-run"]);
  assertMatch(stdout, new RegExp(`would write ${folder.path}/bin/qmail-dk\n`));
  assertEquals(await listTree(folder.path), before);
});

endToEnd(
  "`install` makes what everybody can use, also under umask 077",
  async () => {
    await using folder = await Folder.make();
    const prefix = `${folder.path}/new`;
    const words = ["/bin/sh", "-c", 'umask 077; exec "$@"', "sh"];
    const stdout = await install(["--prefix", prefix], { words });
    assertMatch(stdout, new RegExp(`QMAILQUEUE="${prefix}/bin/qmail-dk"`));
    assertMatch(stdout, /^ +tcprules /m);
    assertMatch(stdout, /^ +exec envdir /m);
    const modes = await listTree(prefix);
    for (const line of modes) {
      const [, kind, mode] = /^\S* ([df]) (\d+) /.exec(line) ?? [];
      if (kind === undefined) continue;
      const isProgram = kind === "d" ||
        /\/(?:bin|dk-remote|launchers)\/|\/deno /.test(`/${line}`);
      assertEquals(mode, isProgram ? "755" : "644", line);
    }
    const { code, queued } = await sendThrough(`${prefix}/bin/qmail-dk`);
    assertEquals([code, queued?.environ], [0, []]);
  },
);

/** Calls that make a file or a folder, and umask(2). */
const MAKING =
  /\b(?:open(?:at)?\(.*"([^"]+)", [^)]*O_CREAT[^)]*, (0\d+)|mkdir(?:at)?\(.*"([^"]+)", (0\d+)|umask\((0\d*)\))/;

endToEnd(
  "`install` under umask 000 makes nothing that others can write to, not for a moment",
  async () => {
    await using folder = await Folder.make();
    const prefix = `${folder.path}/new`;
    const trace = `${folder.path}/trace`;
    const calls = "trace=open,openat,mkdir,mkdirat,umask";
    const words = [
      ...["/bin/sh", "-c", 'umask 000; exec "$@"', "sh"],
      ...["/usr/bin/strace", "-f", "-s", "300", "-e", calls, "-o", trace],
    ];
    await install(["--prefix", prefix], { words });
    const lines = (await Deno.readTextFile(trace)).split("\n");
    let made = 0;
    let umask = 0;
    for (const line of lines) {
      const [, file, fileMode, dir, dirMode, mask] = MAKING.exec(line) ?? [];
      if (mask !== undefined) umask = parseInt(mask, 8);
      if (!(file ?? dir)?.startsWith(prefix)) continue;
      made++;
      const mode = parseInt((fileMode ?? dirMode)!, 8) & ~umask;
      assertEquals(mode & 0o022, 0, line);
    }
    assert(made > 20, `only ${made} were made`);
  },
  needs("/usr/bin/strace"),
);

endToEnd("`install` does nothing when it is done already", async () => {
  await using folder = await Folder.makeInstalled();
  const prefix = `${folder.path}/p`;
  const before = await listTree(prefix);
  assertMatch(await install(["--prefix", prefix]), /installed already/);
  assertEquals(await listTree(prefix), before);
});

endToEnd("`install` puts back what has gone", async () => {
  await using folder = await Folder.makeInstalled();
  const prefix = `${folder.path}/p`;
  await Deno.remove(`${prefix}/bin/dk-sign`);
  const [version] = await versionsIn(prefix);
  await Deno.writeTextFile(
    `${prefix}/lib/qmail-dk/${version}/programs/dk-verify.js`,
    "",
  );
  // Nothing is lost meanwhile.
  const { code, stderr } = await sendThrough(`${prefix}/bin/dk-verify`);
  assertEquals(code, 111);
  assertMatch(stderr, /^dk-verify: failed exit=111 reason="Cannot run .*"/);
  await install(["--prefix", prefix]);
  for (const name of ["dk-sign", "dk-verify"]) {
    const { code } = await sendThrough(`${prefix}/bin/${name}`);
    assertEquals(code, 0);
  }
});

const STRANGERS = [
  { name: "a program of another", path: "bin/dk-verify", make: writeText },
  { name: "a link", path: "bin/qmail-dk", make: makeLink },
  { name: "a folder", path: "bin/dknewkey", make: makeFolder },
  { name: "a store of another", path: "lib/qmail-dk/x", make: writeText },
];

for (const { name, path, make } of STRANGERS) {
  endToEnd(
    `\`install\` refuses to touch ${name}, and touches nothing`,
    async () => {
      await using folder = await Folder.make();
      const full = `${folder.path}/${path}`;
      await Deno.mkdir(full.slice(0, full.lastIndexOf("/")), {
        recursive: true,
      });
      await make(full);
      const before = await listTree(folder.path);
      const { code, stderr } = await runInstaller(["--prefix", folder.path]);
      assertEquals(code, 1);
      assertMatch(stderr, /made by this program/);
      assertEquals(stderr.includes(full.replace(/\/x$/, "")), true, stderr);
      assertEquals(await listTree(folder.path), before);
    },
  );
}

endToEnd(
  "`install`, `--rollback` and `--uninstall` refuse a launcher that was changed",
  async () => {
    await using folder = await Folder.makeInstalled();
    const prefix = ["--prefix", `${folder.path}/p`];
    await install(prefix, { root: await copyProject(folder.path, "9.9.1") });
    await Deno.writeTextFile(`${folder.path}/p/bin/dk-sign`, "# mine\n", {
      append: true,
    });
    const before = await listTree(folder.path);
    for (const action of [[], ["--rollback"], ["--uninstall"]]) {
      const { code, stderr } = await runInstaller([...prefix, ...action]);
      assertEquals(code, 1);
      assertMatch(stderr, /changed since; .*\n.*\/bin\/dk-sign\n/);
      assertEquals(await listTree(folder.path), before);
    }
  },
);

endToEnd(
  "`install --rollback` puts the version before back, and forth",
  async () => {
    await using folder = await Folder.makeInstalled();
    const prefix = `${folder.path}/p`;
    const args = ["--prefix", prefix];
    assertEquals((await runInstaller([...args, "--rollback"])).code, 1);
    const roots = await Promise.all(
      ["9.9.1", "9.9.2"].map((version) => copyProject(folder.path, version)),
    );
    for (const root of roots) await install(args, { root });
    // The one before is kept, and nothing older.
    assertEquals(numbersOf(await versionsIn(prefix)), ["9.9.1", "9.9.2"]);
    for (const expected of ["9.9.1", "9.9.2", "9.9.1"]) {
      await install([...args, "--rollback"]);
      const launcher = await Deno.readTextFile(`${prefix}/bin/qmail-dk`);
      assertEquals(numbersOf([/dk (\S+): made/.exec(launcher)![1]!]), [
        expected,
      ]);
      assertEquals((await sendThrough(`${prefix}/bin/qmail-dk`)).code, 0);
    }
    await install([...args, "--uninstall"]);
    assertEquals(
      (await listTree(folder.path)).some((line) => line.startsWith("p ")),
      false,
    );
  },
);

endToEnd(
  "three `install` at once leave a version, the one before, and nothing that `--uninstall` would not remove",
  async () => {
    await using folder = await Folder.make();
    const prefix = `${folder.path}/p`;
    const args = ["--prefix", prefix];
    const roots = await Promise.all(
      ["9.9.1", "9.9.2", "9.9.3"].map((version) =>
        copyProject(folder.path, version)
      ),
    );
    await Promise.all(roots.map((root) => install(args, { root })));
    const { current, previous, next } = JSON.parse(
      await Deno.readTextFile(`${prefix}/lib/qmail-dk/state.json`),
    );
    assertEquals(next, undefined);
    assertEquals(await versionsIn(prefix), [current, previous].sort());
    const launcher = await Deno.readTextFile(`${prefix}/bin/qmail-dk`);
    assertEquals(/dk (\S+): made/.exec(launcher)![1], current);
    assertEquals((await sendThrough(`${prefix}/bin/qmail-dk`)).code, 0);
    await install([...args, "--rollback"]);
    await install([...args, "--uninstall"]);
    assertEquals(
      (await listTree(folder.path)).some((line) => line.startsWith("p ")),
      false,
    );
  },
);

endToEnd(
  "`install --uninstall` leaves what was there before, and nothing else",
  async () => {
    await using folder = await Folder.make();
    for (const path of ["bin", "man/man8"]) {
      await Deno.mkdir(`${folder.path}/${path}`, { recursive: true });
    }
    await writeText(`${folder.path}/bin/qmail-queue`);
    const namesBefore = namesOf(await listTree(folder.path));
    await install(["--prefix", folder.path]);
    assert(
      namesOf(await listTree(folder.path)).length > namesBefore.length + 10,
    );
    await install(["--prefix", folder.path, "--uninstall"]);
    assertEquals(namesOf(await listTree(folder.path)), namesBefore);
    const { code, stderr } = await runInstaller([
      "--prefix",
      folder.path,
      "--uninstall",
    ]);
    assertEquals(code, 1);
    assertMatch(stderr, /^install: Nothing is installed in /);
  },
);

endToEnd(
  "`install` puts a man page beside its program, and takes it away",
  async () => {
    await using folder = await Folder.make();
    const root = await copyProject(folder.path, VERSION);
    const prefix = `${folder.path}/p`;
    await Deno.writeTextFile(`${root}/filters/dk-sign.8`, ".Dd page\n");
    await Deno.writeTextFile(`${root}/scripts/dktest/dktest.1`, ".Dd test\n");
    await install(["--prefix", prefix], { root });
    assertEquals(
      await Deno.readTextFile(`${prefix}/man/man8/dk-sign.8`),
      ".Dd page\n",
    );
    await Deno.stat(`${prefix}/man/man1/dktest.1`);
    await install(["--prefix", prefix, "--uninstall"]);
    await Deno.stat(prefix).then(
      () => assert(false, `${prefix} is left`),
      (error) => assert(error instanceof Deno.errors.NotFound),
    );
  },
);

for (const name of ["a b", `it's "$HOME" \`x\` \\ & * é`, "-A", "%41#?"]) {
  endToEnd(`\`install\` works below "${name}"`, async () => {
    await using folder = await Folder.make();
    const prefix = `${folder.path}/${name}`;
    await install([`--prefix=${prefix}`]);
    const { code, stderr } = await sendThrough(`${prefix}/bin/qmail-dk`);
    assertEquals(code, 0, stderr);
    await install([`--prefix=${prefix}`, "--uninstall"]);
    assertEquals(namesOf(await listTree(folder.path)), [""]);
  });
}

const WRONG: [name: string, args: string[], code: number, stderr: RegExp][] = [
  [
    "a prefix with a line break",
    ["--prefix", "/tmp/a\nb"],
    1,
    /Cannot use the prefix "\/tmp\/a\\nb"/,
  ],
  [
    "an option that it does not know",
    ["--prefx", "/x"],
    2,
    /Unknown option --prefx/,
  ],
  ["two actions", ["--rollback", "--uninstall"], 2, /Give one of/],
  [
    "a file for --env that is missing",
    ["--env", "/none", "--prefix", "/none"],
    1,
    /\/none/,
  ],
];

for (const [name, args, code, expected] of WRONG) {
  endToEnd(`\`install\` refuses ${name}`, async () => {
    const ended = await runInstaller(args);
    assertEquals([ended.code, ended.stdout], [code, ""]);
    assertMatch(ended.stderr, /^install: [^\n]*\n$/);
    assertMatch(ended.stderr, expected);
  });
}

async function versionsIn(prefix: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(`${prefix}/lib/qmail-dk`));
  return entries.map(({ name }) => name).filter((name) => /^\d/.test(name))
    .sort();
}

function numbersOf(versions: string[]): string[] {
  return versions.map((version) => version.split("-")[0]!).sort();
}

function namesOf(tree: string[]): string[] {
  return tree.filter((line) => line !== "").map((line) => line.split(" ")[0]!);
}

function writeText(path: string): Promise<void> {
  return Deno.writeTextFile(path, "#!/bin/sh\n", { mode: 0o755 });
}

function makeLink(path: string): Promise<void> {
  return Deno.symlink("/bin/true", path);
}

function makeFolder(path: string): Promise<void> {
  return Deno.mkdir(path);
}
