// Which program comes next, how its end is passed on, and what is said when it cannot be
// started: 120, and the message is still the caller's.

import { assertEquals, assertMatch } from "@std/assert";
import { runFilter } from "../support/queue.ts";
import { fieldsOf, MAIL, toBytes } from "../support/mail.ts";
import {
  commandOf,
  type Program,
  TAKES_ANY_ARGUMENT,
} from "../support/programs.ts";
import { endToEnd, privilegeOf, wordsOf } from "../support/requirements.ts";
import { Site, type SiteRun } from "../support/site.ts";

const MESSAGE = toBytes(MAIL);
const PROGRAMS: Program[] = ["dk-sign", "qmail-dk"];
const FAKE_QUEUE =
  new URL("../support/fake_queue.sh", import.meta.url).pathname;

const WITHOUT_FFI = [
  Deno.execPath(),
  "run",
  "-A",
  "--deny-ffi",
  new URL("../../filters/dk_sign.ts", import.meta.url).pathname,
];

for (const code of [0, 11, 31, 51, 53, 71, 81, 91, 111, 120]) {
  for (const program of PROGRAMS) {
    endToEnd(
      `\`${program}\` ends with the ${code} of the next program`,
      async () => {
        await using site = await Site.open();
        const result = await site.run(program, {
          message: MESSAGE,
          env: { RELAYCLIENT: "" },
          nextExit: code,
        });
        assertEquals([result.code, result.signal], [code, null]);
        assertEquals(fieldsOf(MESSAGE, { ...result, code: 0 }).length, 2);
      },
    );
  }
}

for (const signal of ["SIGKILL", "SIGTERM", "SIGSEGV"] as const) {
  endToEnd(
    `\`dk-sign\` ends by the ${signal} of the next program`,
    async () => {
      await using site = await Site.open();
      const { pid, ...result } = await site.run("dk-sign", {
        message: MESSAGE,
        nextExit: signal,
      });
      assertEquals([result.signal, result.queued?.pid], [signal, pid]);
    },
  );
}

/** Programs that the kernel does not start. */
const IMPOSSIBLE = [
  { name: "is missing", mode: undefined, content: "" },
  { name: "is not executable", mode: 0o644, content: "#!/bin/sh\n" },
  { name: "is an empty executable file", mode: 0o755, content: "" },
  { name: "is text without an interpreter", mode: 0o755, content: "exit 0\n" },
  {
    name: "has an interpreter that is missing",
    mode: 0o755,
    content: "#!/nonexistent/sh\n",
  },
];

for (const { name, mode, content } of IMPOSSIBLE) {
  for (const how of ["arguments", "DKQUEUE"]) {
    endToEnd(
      `\`dk-sign\` exits 120 when the program of its ${how} ${name}`,
      async () => {
        await using site = await Site.open();
        const path = `${site.folder}/next`;
        if (mode !== undefined) {
          await site.write("next", content);
          await Deno.chmod(path, mode);
        }
        await assertNotStarted(
          site,
          how === "DKQUEUE" ? { env: { DKQUEUE: path } } : { args: [path] },
          path,
        );
      },
    );
  }
}

endToEnd("`dk-sign` exits 120 when the next program is a folder", async () => {
  await using site = await Site.open();
  await assertNotStarted(site, { args: [site.folder] }, site.folder);
});

endToEnd(
  "`dk-sign` exits 120 when the next program is in no folder of PATH",
  async () => {
    await using site = await Site.open();
    const run = { args: ["next"], env: { PATH: site.folder } };
    await assertNotStarted(site, run, "next");
  },
);

/** 120, and the last line of the log says which program. */
async function assertNotStarted(
  site: Site,
  run: SiteRun,
  name: string,
): Promise<void> {
  const result = await site.run("dk-sign", {
    ...run,
    message: MESSAGE,
    next: "none",
  });
  assertEquals([result.code, result.signal], [120, null]);
  assertMatch(
    result.stderr,
    /^(dk-sign: signed .*\n)?dk-sign: failed exit=120 reason=.*\n$/,
  );
  assertEquals(
    result.stderr.trimEnd().split("\n").at(-1)!.includes(name),
    true,
  );
}

endToEnd("`dk-sign` looks a name without a slash up in PATH", async () => {
  await using site = await Site.open();
  await Deno.mkdir(`${site.folder}/bin/next`, { recursive: true });
  await site.write("bin2/next", "not executable");
  await site.write("bin3/next", `#!/bin/sh\nexec ${FAKE_QUEUE} "$@"\n`);
  await Deno.chmod(`${site.folder}/bin3/next`, 0o755);
  const folders = ["bin", "bin2", "bin3"].map((name) =>
    `${site.folder}/${name}`
  );
  await Deno.mkdir(`${site.folder}/out`);
  const { code } = await site.run("dk-sign", {
    message: MESSAGE,
    next: "none",
    args: ["next", `${site.folder}/out`],
    env: { PATH: ["/nonexistent", ...folders].join(":") },
  });
  assertEquals(code, 0);
  await Deno.stat(`${site.folder}/out/done`);
});

endToEnd(
  "`dk-sign` takes the next program from DKQUEUE and removes it",
  async () => {
    await using site = await Site.open();
    const result = await site.run("dk-sign", {
      message: MESSAGE,
      next: "DKQUEUE",
      nextExit: 71,
    });
    assertEquals(result.code, 71);
    assertEquals(fieldsOf(MESSAGE, { ...result, code: 0 }).length, 2);
    assertEquals(
      result.queued!.environ.filter((entry) => entry.startsWith("DKQUEUE")),
      [],
    );
  },
);

/** A next program that writes its arguments down, one a line. */
const SHOW_ARGUMENTS = `#!/bin/sh
printf '%s\\n' "$@" >"\${0%/*}/arguments"
`;

endToEnd(
  "`dk-sign` splits DKQUEUE at spaces, and at nothing else",
  async () => {
    await using site = await Site.open();
    const path = await site.write("show", SHOW_ARGUMENTS);
    await Deno.chmod(path, 0o755);
    const { code } = await site.run("dk-sign", {
      message: MESSAGE,
      next: "none",
      env: { DKQUEUE: `  ${path}  a\tb 'c  $d" * \\e ` },
    });
    assertEquals(code, 0);
    assertEquals(
      await Deno.readTextFile(`${site.folder}/arguments`),
      "a\tb\n'c\n$d\"\n*\n\\e\n",
    );
  },
);

endToEnd("`dk-sign` hands its arguments on as they are", async () => {
  await using site = await Site.open();
  const path = await site.write("show", SHOW_ARGUMENTS);
  await Deno.chmod(path, 0o755);
  const words = ["a b", "", "-A", "--help", "--", "\u00e9\u20ac", "*", "$x"];
  const { code } = await site.run("dk-sign", {
    message: MESSAGE,
    next: "none",
    args: [path, ...words],
  });
  assertEquals(code, 0);
  assertEquals(
    await Deno.readTextFile(`${site.folder}/arguments`),
    words.join("\n") + "\n",
  );
});

for (const program of PROGRAMS) {
  endToEnd(
    `\`${program}\` hands on arguments that are not UTF-8`,
    async () => {
      await using site = await Site.open();
      const path = await site.write("sh\u00f6w", SHOW_ARGUMENTS);
      await Deno.chmod(path, 0o755);
      // Its own name is Latin-1 as well.
      const setup = `odd="${site.folder}/sh$(printf '\\366')w"
cp "${path}" "$odd"; chmod 755 "$odd"
set -- "$@" "$odd" "$(printf 'a\\377\\200 b')" "\u20ac"`;
      const { code, stderr } = await site.run(program, {
        message: MESSAGE,
        next: "none",
        env: { RELAYCLIENT: "" },
        setup,
      });
      assertEquals(code, 0, stderr);
      assertEquals(
        await Deno.readFile(`${site.folder}/arguments`),
        new Uint8Array([
          ...[0x61, 0xff, 0x80, 0x20, 0x62, 0x0a],
          ...[0xe2, 0x82, 0xac, 0x0a],
        ]),
      );
    },
    TAKES_ANY_ARGUMENT,
  );
}

for (
  const [how, command] of [
    ["", commandOf("dk-sign")],
    [" without FFI", WITHOUT_FFI],
  ] as const
) {
  const privilege = privilegeOf("chmod");
  endToEnd(
    `\`dk-sign\`${how} looks on in PATH when the first program is not for it`,
    async () => {
      await using site = await Site.open();
      // Executable for others than its owner.
      for (const [name, mode] of [["bin", 0o011], ["bin2", 0o755]] as const) {
        const path = await site.write(`${name}/next`, SHOW_ARGUMENTS);
        await Deno.chmod(path, mode);
      }
      const { code, stderr } = await runFilter({
        command: [...wordsOf(privilege), ...command, "next", "a"],
        message: MESSAGE,
        next: "none",
        env: {
          ...site.env,
          PATH: `${site.folder}/bin:${site.folder}/bin2:/usr/bin:/bin`,
        },
      });
      assertEquals(code, 0, stderr);
      const shown = `${site.folder}/bin2/arguments`;
      assertEquals(await Deno.readTextFile(shown), "a\n");
    },
    privilege,
  );
}

endToEnd(
  "`dk-sign` prefers its arguments to DKQUEUE, and removes it as well",
  async () => {
    await using site = await Site.open();
    const result = await site.run("dk-sign", {
      message: MESSAGE,
      env: { DKQUEUE: "/bin/false" },
    });
    assertEquals(fieldsOf(MESSAGE, result).length, 2);
    assertEquals(
      result.queued!.environ.filter((entry) => entry.startsWith("DKQUEUE")),
      [],
    );
  },
);

for (const value of ["", " ", "   "]) {
  endToEnd(`\`dk-sign\` exits 55 for DKQUEUE="${value}"`, async () => {
    await using site = await Site.open();
    const { code, stderr } = await site.run("dk-sign", {
      message: MESSAGE,
      next: "none",
      env: { DKQUEUE: value },
    });
    assertEquals(code, 55);
    assertMatch(stderr, /^dk-sign: failed exit=55 reason=.*DKQUEUE.*\n$/);
  });
}

endToEnd(
  "`dk-sign` goes on with /var/qmail/bin/qmail-queue, and never with QMAILQUEUE",
  async () => {
    await using site = await Site.open();
    await assertNotStarted(
      site,
      { env: { QMAILQUEUE: "/bin/true" } },
      "/var/qmail/bin/qmail-queue",
    );
  },
  await exists("/var/qmail/bin/qmail-queue")
    ? { missing: "there is a qmail that would take the mail" }
    : { words: [] },
);

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    // Not there, or not for us to see.
    return false;
  }
}
