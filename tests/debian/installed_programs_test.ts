// The tests of the filters once more, with installed programs in the place of the sources: bundled
// ones, and compiled ones where there is what `deno compile` needs.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { findCompiler, toEnvironment } from "./compiler.ts";
import { Folder, install, listTree, ROOT } from "../support/installer.ts";
import { endToEnd } from "../support/requirements.ts";

/** What a launcher could get wrong: the environment, the surroundings, what comes next, files beside. */
const FILES = [
  "action",
  "environment",
  "input",
  "next_program",
  "surroundings",
  "verify_dns",
  "verify_methods",
];

const COMPILING = await findCompiler();

/** Runs the tests and returns the line with their number. */
async function testPrograms(folder: string): Promise<string> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "-A",
      "--quiet",
      "--parallel",
      ...FILES.map((name) => `tests/e2e/${name}_test.ts`),
    ],
    cwd: ROOT,
    env: { DK_PROGRAMS: folder, NO_COLOR: "1" },
    stderr: "null",
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  const failures = lines.filter((line) => line.includes("FAILED"));
  assertEquals([code, failures], [0, []]);
  return lines.find((line) => line.startsWith("ok | ")) ?? "";
}

for (
  const { kind, args, need } of [
    { kind: "bundled", args: [], need: { words: [] } },
    { kind: "compiled", args: ["--compile"], need: COMPILING },
  ]
) {
  endToEnd(
    `Installed and ${kind} programs pass the tests of the filters`,
    async () => {
      await using folder = await Folder.make();
      await install(["--prefix", folder.path, ...args], {
        env: toEnvironment(need),
      });
      const binaries = (await listTree(folder.path)).filter((line) =>
        /\/programs\/[\w-]+ f /.test(line)
      );
      assertEquals(binaries.length > 0, kind === "compiled");
      const summary = await testPrograms(`${folder.path}/bin`);
      assertMatch(summary, /^ok \| \d{3,} passed \| 0 failed/);
      await install(["--prefix", folder.path, "--uninstall"]);
      assertEquals((await listTree(folder.path)).length, 2);
    },
    need,
  );
}

endToEnd("`deno task compile` makes a binary of each program", async () => {
  await using folder = await Folder.make();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `${ROOT}scripts/build/compile.ts`, folder.path],
    env: toEnvironment(COMPILING),
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  const names = new TextDecoder().decode(stdout).trim().split("\n");
  assert(names.includes(`${folder.path}/qmail-dk`));
  const help = await new Deno.Command(`${folder.path}/dknewkey`, {
    args: ["--help"],
    clearEnv: true,
  }).output();
  assertMatch(new TextDecoder().decode(help.stdout), /^usage: dknewkey /);
}, COMPILING);
