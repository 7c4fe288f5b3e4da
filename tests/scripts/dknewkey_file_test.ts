// dknewkey as a process: the file of a key, its mode and its group, and what is left alone.

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  dknewkey,
  inFolder,
  modeOf,
  namesIn,
  SCRIPT,
  shell,
} from "../support/dknewkey.ts";
import { endToEnd, MOUNTING, wordsOf } from "../e2e/requirements.ts";

for (const umask of ["000", "027", "777"]) {
  Deno.test(`\`dknewkey\` gives the key mode 0640 under umask ${umask}`, () =>
    inFolder(async (folder) => {
      const { code } = await shell(
        `umask ${umask}; exec "$@"`,
        `${folder}/default`,
        "1024",
      );
      assertEquals(code, 0);
      assertEquals(await modeOf(`${folder}/default`), 0o640);
    }));
}

Deno.test("`dknewkey` leaves an existing file as it is", () =>
  inFolder(async (folder) => {
    const file = `${folder}/default`;
    await Deno.writeTextFile(file, "an old key\n", { mode: 0o600 });
    const before = await Deno.stat(file);
    const { code, stdout, stderr } = await dknewkey(file);
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, /^dknewkey: Cannot write over ".*\/default"/);
    assertEquals(await Deno.readTextFile(file), "an old key\n");
    const { mode, mtime, ino } = await Deno.stat(file);
    assertEquals([mode, mtime, ino], [before.mode, before.mtime, before.ino]);
  }));

Deno.test("`dknewkey` does not write through a dangling symlink", () =>
  inFolder(async (folder) => {
    await Deno.symlink(`${folder}/elsewhere`, `${folder}/default`);
    const { code, stdout } = await dknewkey(`${folder}/default`);
    assertEquals([code, stdout], [1, ""]);
    assertEquals(namesIn(folder), ["default"]);
    const { isSymlink } = await Deno.lstat(`${folder}/default`);
    assert(isSymlink);
  }));

Deno.test({
  name:
    "`dknewkey` leaves no key when the record cannot be printed (needs /dev/full)",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inFolder(async (folder) => {
      const { code, stderr } = await shell(
        'exec "$@" > /dev/full',
        `${folder}/default`,
        "1024",
      );
      assertEquals(code, 1);
      assertMatch(stderr, /removed again: ENOSPC/);
      assertEquals(namesIn(folder), []);
    }),
});

/** A machine with a group qmail, of which qmaild is in another. */
const MACHINE = `cd "$1" && shift || exit 1
printf 'root:x:0:\\nqmail:x:2107:\\nnofiles:x:2108:\\n' >group
printf 'root:x:0:0::/:\\nqmaild:x:7791:2108::/:\\n' >passwd
mount --bind group /etc/group && mount --bind passwd /etc/passwd || exit 1
exec "$@" default 1024`;

endToEnd(
  "`dknewkey` names the group of qmaild where that can not read the key",
  () =>
    inFolder(async (folder) => {
      const [program = "", ...words] = wordsOf(MOUNTING);
      const { success, stderr } = await new Deno.Command(program, {
        args: [
          ...words,
          ...["/bin/sh", "-c", MACHINE, "sh", folder],
          ...[Deno.execPath(), "run", "-A", SCRIPT],
        ],
      }).output();
      const said = new TextDecoder().decode(stderr);
      assert(success, said);
      assertMatch(said, /, mode 0640, group qmail\n/);
      assertMatch(
        said,
        /if qmail-smtpd signs, its user must read it: chgrp nofiles \/.*\/default\n/,
      );
      assertEquals((await Deno.stat(`${folder}/default`)).gid, 2107);
    }),
  MOUNTING,
  Deno.uid() === 0 ? { words: [] } : { missing: "not root" },
);
