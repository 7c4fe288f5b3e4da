// What comes next finds the caller's environment and limits also where a launcher or a filter has
// to do without: without /proc, and where the runtime may not call the C library.

import { assertEquals } from "@std/assert";
import { bundle } from "../../scripts/build/bundle.ts";
import { formatLauncher } from "../../scripts/install/launcher.ts";
import { runFilter } from "../support/queue.ts";
import { Folder } from "./installer.ts";
import { MAIL, toBytes } from "./mail.ts";
import { endToEnd, MOUNTING, type Prefix, wordsOf } from "./requirements.ts";

const NOTHING: Prefix = { words: [] };

/** A next program; it becomes env(1), since a shell has variables of its own. */
const SHOW = `#!/bin/sh
cd "$1" || exit 1
{ ulimit -S -v; ulimit -S -d; ulimit -S -s; ulimit -S -n; } >limits
unset PWD OLDPWD
exec /usr/bin/env >environment
`;

/** In front of the launcher, after what the test itself needs to get there. */
const LIMITS = `set -- /bin/sh -c '
  ulimit -S -n 100; ulimit -S -s 3000; ulimit -S -d 40000; ulimit -S -v 50000
  unset PWD OLDPWD
  exec "$@"' sh "$@"`;

const ROWS = [
  {
    name: "without /proc",
    flags: [],
    setup: `set -- /bin/sh -c 'mount -t tmpfs none /proc; exec "$@"' sh "$@"`,
    need: MOUNTING,
  },
  {
    name: "without /proc and FFI",
    flags: ["--deny-ffi"],
    setup: `set -- /bin/sh -c 'mount -t tmpfs none /proc; exec "$@"' sh "$@"`,
    need: MOUNTING,
  },
  { name: "without FFI", flags: ["--deny-ffi"], setup: "", need: NOTHING },
];

for (const { name, flags, setup, need } of ROWS) {
  endToEnd(
    `A launched \`dk-sign\` hands on environment and limits ${name}`,
    async () => {
      await using folder = await Folder.make();
      // As it is installed: to read TypeScript the runtime needs /proc.
      const program = `${folder.path}/program.js`;
      await Deno.writeTextFile(program, await bundle("filters/dk_sign.ts"));
      const texts = {
        launcher: formatLauncher({
          name: "test",
          title: "test",
          firstLines: {},
          home: folder.path,
          command: [Deno.execPath(), "run", "-A", ...flags, program],
          defaults: { DKSIGN: "/nonexistent/%/x", TMPDIR: folder.path },
          base64: "/usr/bin/base64",
          isCompiled: false,
          isFilter: true,
          isRemote: false,
        }),
        next: SHOW,
      };
      for (const [name, text] of Object.entries(texts)) {
        await Deno.writeTextFile(`${folder.path}/${name}`, text, {
          mode: 0o755,
        });
      }
      const { code, stderr } = await runFilter({
        command: [
          `${folder.path}/launcher`,
          `${folder.path}/next`,
          folder.path,
        ],
        message: toBytes(MAIL),
        next: "none",
        env: { A: "b", DENO_DIR: "/x", NO_COLOR: "", DK_CALLER: "hostile" },
        setup: [LIMITS, setup, `set -- ${wordsOf(need).join(" ")} "$@"`].join(
          "\n",
        ),
      });
      assertEquals(code, 0, stderr);
      const read = (name: string) =>
        Deno.readTextFile(`${folder.path}/${name}`);
      assertEquals(await read("limits"), "50000\n40000\n3000\n100\n");
      assertEquals(
        (await read("environment")).trimEnd().split("\n").sort(),
        ["A=b", "DENO_DIR=/x", "NO_COLOR="],
      );
    },
    need,
  );
}
