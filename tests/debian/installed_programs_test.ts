// The tests of the filters once more, with installed programs in the place of the sources: bundled
// ones, and compiled ones where there is what `deno compile` needs. tests/support/ways.ts has what differs.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { findCompiler, toEnvironment } from "./compiler.ts";
import { Folder, install, listTree, ROOT } from "../support/installer.ts";
import { endToEnd, type Prefix } from "../support/requirements.ts";
import type { Way } from "../support/ways.ts";
import { testPrograms } from "./ways.ts";

const COMPILING = await findCompiler();

for (
  const { kind, args, need } of [
    { kind: "bundled", args: [], need: { words: [] } },
    { kind: "compiled", args: ["--compile"], need: COMPILING },
  ] as { kind: Way; args: string[]; need: Prefix }[]
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
      await testPrograms(`${folder.path}/bin`, kind);
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
