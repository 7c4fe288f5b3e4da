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
import {
  endToEnd,
  MOUNTING,
  type Prefix,
  wordsOf,
} from "../support/requirements.ts";

for (const umask of ["000", "027", "777"]) {
  Deno.test(`\`dknewkey\` gives the key mode 0400 under umask ${umask}`, () =>
    inFolder(async (folder) => {
      const { code } = await shell(
        `umask ${umask}; exec "$@"`,
        `${folder}/default`,
        "1024",
      );
      assertEquals(code, 0);
      assertEquals(await modeOf(`${folder}/default`), 0o400);
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

for (
  const [name, line] of Object.entries({
    "is closed": 'exec "$@" >&-',
    "is /dev/null": 'exec "$@" >/dev/null',
  })
) {
  Deno.test({
    name:
      `\`dknewkey\` makes no key when standard output ${name}, and can be run again`,
    fn: () =>
      inFolder(async (folder) => {
        const file = `${folder}/default`;
        const { code, stderr } = await shell(line, file, "1024");
        assertEquals([code, stderr], [
          1,
          "dknewkey: Cannot print the record: standard output is closed, or is /dev/null\n",
        ]);
        assertEquals(namesIn(folder), []);
        assertEquals((await shell('exec "$@"', file, "1024")).code, 0);
        assertEquals((await shell(line, "--print", file)).code, 1);
      }),
  });
}

/** A machine of qmail; the users are those of its INSTALL.ids. */
const MACHINE = `umask 022; cd "$1" && shift || exit 1
printf 'root:x:0:\\nqmail:x:2107:\\nnofiles:x:2108:\\n' >group
printf 'root:x:0:0::/:\\nqmaild:x:7791:2108::/:\\nqmailr:x:7795:2107::/:\\n' >passwd
mount --bind group /etc/group && mount --bind passwd /etc/passwd || exit 1
exec "$@" default 1024`;

const ROOT: Prefix = Deno.uid() === 0 ? { words: [] } : {
  missing: "not root",
};
const SETPRIV: Prefix = (await inShell("command -v setpriv", [])).success
  ? { words: [] }
  : { missing: "no setpriv" };

function inShell(line: string, args: string[]): Promise<Deno.CommandOutput> {
  return new Deno.Command("/bin/sh", { args: ["-c", line, "sh", ...args] })
    .output();
}

endToEnd(
  "`dknewkey` lets qmaild, qmailr and qmails read the key, and nobody else, with nothing left to do",
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
      assertMatch(
        said,
        /, mode 0440, owner qmaild, group qmail: all who sign can read it\n/,
      );
      assertEquals(said.includes("chgrp"), false);
      await Deno.chmod(folder, 0o755);
      const readers = [];
      for (
        const [name, uid, gid] of [
          ["qmaild", 7791, 2108],
          ["qmailr", 7795, 2107],
          ["qmails", 7796, 2107],
          ["alias", 7790, 2108],
          ["ann", 1000, 1000],
        ] as const
      ) {
        const { success } = await inShell(
          'exec setpriv --reuid="$1" --regid="$2" --clear-groups cat "$3"',
          [`${uid}`, `${gid}`, `${folder}/default`],
        );
        if (success) readers.push(name);
      }
      assertEquals(readers, ["qmaild", "qmailr", "qmails"]);
    }),
  MOUNTING,
  ROOT,
  SETPRIV,
);
