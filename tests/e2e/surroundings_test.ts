// The next program finds what it would have found without a filter in front of it: descriptors,
// limits, signal mask and dispositions, umask, working directory, process id.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { runFilter } from "../support/queue.ts";
import type { Queued } from "../support/queued.ts";
import { BEHIND_PARENT, compare } from "../support/comparison.ts";
import { largeMail, MAIL, toBytes } from "../support/mail.ts";
import { commandOf, NO_FILTER, PROGRAMS } from "../support/programs.ts";
import {
  endToEnd,
  privilegeOf,
  SIGNALS_BLOCKED,
  wordsOf,
} from "../support/requirements.ts";
import { Site } from "../support/site.ts";

const MESSAGES = [
  { name: "a small message", message: toBytes(MAIL) },
  { name: "a large message", message: largeMail(6 << 20) },
];

for (const program of PROGRAMS) {
  for (const { name, message } of MESSAGES) {
    endToEnd(
      `\`${program}\` hands on the caller's descriptors, and none of its own, with ${name}`,
      async () => {
        await using site = await Site.open();
        const { found, expected } = await compare(program, site, {
          message,
          env: { ...site.env, RELAYCLIENT: "" },
          setup: `exec 3</dev/null 4>>'${site.folder}/four' 6>&2 9<>/dev/zero`,
        });
        assertEquals(othersOf(found), othersOf(expected));
      },
    );
  }
}

/** Descriptors but 0 and 1; of pipes, whose numbers differ, that they are pipes. */
function othersOf({ fds }: Queued): string[] {
  return [...fds].filter(([fd]) => fd > 1).map(([fd, { access, target }]) =>
    `${fd} ${access} ${target.replace(/^pipe:.*/, "pipe")}`
  );
}

for (const { name, message } of MESSAGES) {
  endToEnd(
    `\`dk-sign\` hands on finished files without a name, with ${name}`,
    async () => {
      await using site = await Site.open();
      const { queued } = await site.run("dk-sign", { message });
      for (const fd of [0, 1]) {
        assertMatch(queued!.fds.get(fd)!.target, /^\/.* \(deleted\)$/);
      }
    },
  );
}

endToEnd(
  "`dk-sign` hands on the caller's pipe on fd 6 and writes nothing to it",
  async () => {
    await using site = await Site.open();
    const { queued, errorText } = await site.run("dk-sign", {
      message: toBytes(MAIL),
      errorFd: 6,
    });
    assertEquals(queued?.fds.get(6)?.access, "w");
    assertEquals(errorText, "");
  },
);

const LIMITS = [
  { name: "the soft limit of open files", setup: "ulimit -S -n 64" },
  { name: "both limits of open files", setup: "ulimit -n 64" },
  { name: "a soft limit of core dumps", setup: "ulimit -S -c 0" },
  { name: "a soft limit of CPU seconds", setup: "ulimit -S -t 1000" },
  { name: "a soft limit of file sizes", setup: "ulimit -S -f 100000" },
];

for (const { name, setup } of LIMITS) {
  endToEnd(`\`dk-sign\` hands on ${name}`, async () => {
    await using site = await Site.open();
    const { found, expected } = await compare("dk-sign", site, {
      setup: `${setup}\n${BEHIND_PARENT}`,
    });
    assertEquals(found.limits, expected.limits);
  });
}

const DISPOSITIONS = [
  { name: "SIGPIPE as default", setup: "" },
  { name: "SIGPIPE as ignored", setup: "trap '' PIPE" },
  {
    name: "many signals as ignored",
    setup: "trap '' HUP INT QUIT PIPE ALRM TERM USR1 USR2 TSTP",
  },
];

for (const { name, setup } of DISPOSITIONS) {
  endToEnd(`\`dk-sign\` hands on ${name}`, async () => {
    await using site = await Site.open();
    const { found, expected } = await compare("dk-sign", site, {
      setup: `${setup}\n${BEHIND_PARENT}`,
    });
    assertEquals(signalsOf(found), signalsOf(expected));
  });
}

endToEnd(
  "`dk-sign` hands on a mask in which SIGCHLD and SIGTERM are blocked",
  async () => {
    await using site = await Site.open();
    const prefix = wordsOf(SIGNALS_BLOCKED);
    const { found, expected } = await compare("dk-sign", site, {
      setup: `set -- ${prefix.join(" ")} "$@"\n${BEHIND_PARENT}`,
    });
    assertEquals(signalsOf(found), signalsOf(expected));
    assert(signalsOf(found).SigBlk! > 0);
  },
  SIGNALS_BLOCKED,
);

endToEnd(
  "`dk-sign` hands on that signals are ignored which the runtime has come to catch meanwhile",
  async () => {
    await using site = await Site.open();
    const started = Promise.withResolvers<number>();
    async function* late(): AsyncGenerator<Uint8Array> {
      const pid = await started.promise;
      // A compiled program's runtime never does.
      for (let n = 0; n < 100 && !await catchesHangup(pid); n++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      yield toBytes(MAIL);
    }
    const { queued } = await site.run("dk-sign", {
      message: ReadableStream.from(late()),
      setup: "trap '' HUP USR1 TERM",
      onStart: started.resolve,
    });
    const { SigIgn } = signalsOf(queued!);
    for (const signal of [1, 10, 15]) {
      assertEquals(SigIgn! >> signal - 1 & 1, 1, `signal ${signal}`);
    }
  },
);

async function catchesHangup(pid: number): Promise<boolean> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const [, mask] = /^SigCgt:\s+([0-9a-f]+)/m.exec(status)!;
  return (BigInt(`0x${mask}`) & 1n) === 1n;
}

/** Bit n - 1 stands for signal n; those above 31 are the C library's own. */
function signalsOf({ status }: Queued): Record<string, number> {
  return Object.fromEntries(
    ["SigIgn", "SigBlk", "SigPnd", "ShdPnd"].map((field) => [
      field,
      Number(BigInt(`0x${status[field]}`) & 0x7fffffffn),
    ]),
  );
}

for (const umask of ["000", "022", "027", "077"]) {
  endToEnd(`\`dk-sign\` hands on the umask ${umask}`, async () => {
    await using site = await Site.open();
    const { found } = await compare("dk-sign", site, {
      message: largeMail(5 << 20),
      setup: `umask ${umask}`,
    });
    assertEquals(found.status.Umask, `0${umask}`);
  });
}

const FOLDERS = [
  { name: "that is /", setup: "cd /" },
  { name: "with a space", setup: "mkdir 'a b'; cd 'a b'" },
  { name: "that may not be read", setup: "mkdir no; cd no; chmod 0 ." },
];

for (const program of PROGRAMS) {
  for (const { name, setup } of FOLDERS) {
    endToEnd(
      `\`${program}\` works in a folder ${name}`,
      async () => {
        await using site = await Site.open();
        const folders = [commandOf(program), NO_FILTER].map((command) =>
          folderOf(site, [...wordsOf(privilegeOf(setup)), ...command], setup)
        );
        const [found, expected] = await Promise.all(folders);
        assertEquals(found, expected);
      },
      privilegeOf(setup),
    );
  }
}

for (const program of PROGRAMS) {
  // The runtime asks for its working directory before any line of ours runs.
  endToEnd(
    `\`${program}\` fails for a while, and queues nothing, in a folder that has been removed`,
    async () => {
      await using site = await Site.open();
      const { code, signal, reached } = await site.run(program, {
        message: toBytes(MAIL),
        cwd: await Deno.makeTempDir({ dir: site.folder }),
        setup: "mkdir gone; cd gone; rmdir ../gone",
      });
      assertEquals([signal, reached], [null, false]);
      assert(code !== 0 && (code < 11 || code > 40), `${code} is permanent`);
    },
  );
}

/** The working directory of the next program, seen from one that the setup finds. */
async function folderOf(
  site: Site,
  command: string[],
  setup: string,
): Promise<string> {
  const cwd = await Deno.makeTempDir({ dir: site.folder });
  const { code, stderr, queued } = await runFilter({
    command,
    message: toBytes(MAIL),
    env: site.env,
    cwd,
    setup,
  });
  assertEquals(code, 0, stderr);
  return queued!.cwd.replace(cwd, ".");
}

for (const program of PROGRAMS) {
  for (const { name, message } of MESSAGES) {
    endToEnd(
      `\`${program}\` becomes the next program in the same process, with ${name}`,
      async () => {
        await using site = await Site.open();
        const { pid, queued } = await site.run(program, {
          message,
          env: { RELAYCLIENT: "" },
        });
        assertEquals(queued?.pid, pid);
      },
    );
  }
}
