// Installed programs where qmail runs them: under its soft limits, as another user, without a
// readable folder, an environment or an open fd 2. What comes next finds what it would have found.

import { assert, assertEquals } from "@std/assert";
import { type FilterRun, runFilter } from "../support/queue.ts";
import { rspawnReport, runRemote } from "../support/remote.ts";
import { BEHIND_PARENT } from "../support/comparison.ts";
import { Folder, install, needs, ROOT_USER } from "../support/installer.ts";
import { MAIL, toBytes } from "../support/mail.ts";
import { NO_FILTER } from "../support/programs.ts";
import {
  endToEnd,
  type Prefix,
  privilegeOf,
  SIGNALS_BLOCKED,
} from "../support/requirements.ts";
import { Site } from "../support/site.ts";

const SOFTLIMIT = needs("/usr/bin/softlimit");
const SETPRIV = needs("/usr/bin/setpriv");
const STRACE = needs("/usr/bin/strace");
const NOBODY = ["--reuid=65534", "--regid=65534", "--clear-groups"];

/** One installation for the tests of this file. */
let prefix: Folder;
Deno.test.beforeAll(async () => {
  prefix = await Folder.make();
  await Deno.writeTextFile(`${prefix.path}/env`, "DKSIGN=/nonexistent/%/x\n");
  const args = ["--prefix", prefix.path, "--env", `${prefix.path}/env`];
  await install(args);
});
Deno.test.afterAll(() => prefix[Symbol.asyncDispose]());

interface Row {
  name: string;
  /** Words in front of the program. */
  words?: string[];
  run?: Partial<FilterRun>;
  needs?: Prefix[];
}

/** To a runtime that finds them: help and exit code 0, code of others, a socket, files, a long log. */
const HOSTILE = {
  DENO_V8_FLAGS: "--help",
  NODE_OPTIONS: "--require /nonexistent.js",
  NODE_CHANNEL_FD: "3",
  NODE_EXTRA_CA_CERTS: "/nonexistent",
  DENO_UNSTABLE_CONTROL_SOCK: "/nonexistent",
  DENO_PERMISSION_BROKER_PATH: "/nonexistent",
  DENO_AUDIT_PERMISSIONS: "/nonexistent/file",
  DENO_LOG: "trace",
  DENO_COVERAGE_DIR: "/nonexistent",
  DENO_DIR: "/nonexistent",
  OTEL_DENO: "1",
  RUST_LOG: "trace",
  RUST_BACKTRACE: "full",
  RUST_MIN_STACK: "1",
  TOKIO_WORKER_THREADS: "0",
};

const LONG: Record<string, string> = { WIDE: "y".repeat(130_000) };
for (let n = 0; n < 90; n++) LONG[`LONG${n}`] = "x".repeat(10_000 + n);

const ROWS: Row[] = [
  { name: "an empty environment", run: { env: {} } },
  ...["3000000", "30000000", "3333333"].map((bytes) => ({
    name: `softlimit -m ${bytes}`,
    run: { setup: under(`/usr/bin/softlimit -m ${bytes}`) },
    needs: [SOFTLIMIT],
  })),
  { name: "64 open files", run: { setup: "ulimit -n 64" } },
  { name: "a stack of 256 KB", run: { setup: "ulimit -S -s 256" } },
  { name: "a stack without a limit", run: { setup: "ulimit -S -s unlimited" } },
  {
    name: "SIGCHLD and SIGTERM blocked",
    words: "words" in SIGNALS_BLOCKED ? SIGNALS_BLOCKED.words : [],
    needs: [SIGNALS_BLOCKED],
  },
  {
    name: "a folder that it may not read",
    words: wordsIfAny(privilegeOf("chmod")),
    run: { setup: 'cd "$TMPDIR"; mkdir no; cd no; chmod 0 .' },
    needs: [privilegeOf("chmod")],
  },
  {
    name: "variables that a shell drops or sets",
    run: {
      env: {
        PWD: "/x",
        OLDPWD: "/y",
        SHLVL: "7",
        _: "z",
        NO_COLOR: "",
        A: "b",
      },
      setup:
        `set -- /usr/bin/env 'odd name=1' "B=$(printf '\\377')" DK_CALLER=x DENO_DIR=/d "$@"`,
    },
  },
  {
    name: "variables of the runtime, each of which would end or change it",
    run: { env: HOSTILE },
  },
  {
    name: "a HOME that is no folder",
    run: { env: { HOME: "/dev/null" } },
  },
  {
    name: "a HOME whose .npmrc is a FIFO",
    run: {
      env: { HOME: "/x" },
      setup: 'mkfifo "$TMPDIR/.npmrc"; export HOME="$TMPDIR"',
    },
  },
  {
    name: "an environment of 1 MB",
    run: { env: LONG },
  },
  {
    name: "an environment of 90 KB",
    run: { env: { LONG: "x".repeat(85_000) } },
  },
];

/** A parent with other limits, as qmail-smtpd is the parent. */
function under(words: string): string {
  return `set -- ${words} /bin/sh -c '${BEHIND_PARENT}' sh "$@"`;
}

function wordsIfAny(prefix: Prefix): string[] {
  return "words" in prefix ? prefix.words : [];
}

for (const { name, words = [], run, needs = [] } of ROWS) {
  for (const program of ["dk-sign", "qmail-dk"]) {
    endToEnd(
      `An installed \`${program}\` works with ${name}, and hands it on`,
      async () => {
        await using site = await Site.open();
        const runs = [[`${prefix.path}/bin/${program}`], NO_FILTER].map((
          command,
        ) => whatNextFinds(site, [...words, ...command], run));
        const [found, expected] = await Promise.all(runs);
        assertEquals(found, expected);
      },
      ...needs,
    );
  }
}

async function whatNextFinds(
  site: Site,
  command: string[],
  run: Partial<FilterRun> | undefined,
) {
  const tmp = await Deno.makeTempDir({ dir: site.folder });
  const { code, stderr, queued } = await runFilter({
    message: toBytes(MAIL),
    ...run,
    setup: `${run?.setup ?? ""}\n${BEHIND_PARENT}`,
    env: { ...run?.env, TMPDIR: tmp },
    command,
  });
  assertEquals(code, 0, stderr);
  const { environ, limits, status, cwd } = queued!;
  return {
    // The test's own variable for the program to be handed over, and what names its folder.
    environ: environ.filter((entry) => !/^(?:TMPDIR|DK_CALLER)=/.test(entry))
      .map((entry) => entry.replace(tmp, ".")),
    isQuiet: stderr.split("\n").length <= 2,
    limits,
    cwd: cwd.replace(tmp, "."),
    umask: status.Umask,
    ...Object.fromEntries(
      ["SigIgn", "SigBlk", "SigPnd", "ShdPnd"].map((field) => [
        field,
        Number(BigInt(`0x${status[field]}`) & 0x7fffffffn),
      ]),
    ),
  };
}

endToEnd(
  "An installed `dk-sign` takes what `--env` says where the caller is silent",
  async () => {
    await using site = await Site.open();
    const program = `${prefix.path}/bin/dk-sign`;
    const message = toBytes(MAIL);
    const silent = await runFilter({ command: [program], message });
    assertEquals(silent.code, 0);
    assertEquals(silent.stderr.includes("DKSIGN is not set"), false);
    assertEquals(silent.queued?.environ, []);
    const signed = await runFilter({
      command: [program],
      message,
      env: site.env,
    });
    assert(signed.stderr.startsWith("dk-sign: signed d=example.com"));
  },
);

endToEnd("An installed `dk-sign` works with fd 2 closed", async () => {
  const { code, queued } = await runFilter({
    command: [`${prefix.path}/bin/dk-sign`],
    message: toBytes(MAIL),
    setup: "exec 2>&-",
  });
  assertEquals([code, queued?.environ], [0, []]);
});

for (const limit of ["-v 200000", "-d 20000", "-v 20000", "-n 5"]) {
  endToEnd(
    `An installed \`dk-sign\` fails for a while, and queues nothing, under ulimit -H ${limit}`,
    async () => {
      const { code, signal, reached } = await runFilter({
        command: [`${prefix.path}/bin/dk-sign`],
        message: toBytes(MAIL),
        // The core of a crash is of no use.
        setup: `ulimit -c 0; ulimit ${limit}`,
      });
      assertEquals(reached, false);
      assert(
        signal !== null || (code !== 0 && (code < 11 || code > 40)),
        `${code} is permanent`,
      );
    },
  );
}

endToEnd(
  "An installed `dk-sign` works as a user who can write nowhere but in TMPDIR",
  async () => {
    await using site = await Site.open();
    await Deno.chmod(site.folder, 0o755);
    for (
      const name of ["keys", "keys/example.com", "keys/example.com/default"]
    ) {
      await Deno.chmod(`${site.folder}/${name}`, 0o755);
    }
    const { code, stderr, queued } = await runFilter({
      command: [
        "/usr/bin/setpriv",
        ...NOBODY,
        `${prefix.path}/bin/dk-sign`,
        // fake_queue.sh could not write its files.
        "/bin/sh",
        "-c",
        'read -r line && test "${line%%:*}" = DKIM-Signature && exit 71',
      ],
      message: toBytes(MAIL),
      next: "none",
      env: { DKSIGN: site.env.DKSIGN!, CONTROLDIR: "/nonexistent" },
      cwd: "/",
    });
    assertEquals([code, queued], [71, undefined], stderr);
  },
  ROOT_USER,
  SETPRIV,
);

for (
  const tool of ["dknewkey", "dktest", "dk-doctor", "dk-rotate", "dk-report"]
) {
  for (
    const [name, value] of Object.entries({ ...HOSTILE, HOME: "/dev/null" })
  ) {
    endToEnd(`An installed \`${tool}\` works with ${name}`, async () => {
      const { code, stdout, stderr } = await new Deno.Command(
        `${prefix.path}/bin/${tool}`,
        { args: ["--help"], clearEnv: true, env: { [name]: value } },
      ).output();
      const [out, err] = [stdout, stderr].map((bytes) =>
        new TextDecoder().decode(bytes)
      );
      assertEquals([code, err], [0, ""]);
      assert(out!.startsWith(`usage: ${tool} `), out);
    });
  }
}

for (const [real, effective] of [["65534", "1"], ["0", "65534"]]) {
  endToEnd(
    `An installed \`dk-sign\` passes a message on for the real user ${real} and the effective user ${effective}`,
    async () => {
      const { code, stderr } = await runFilter({
        command: [
          ...["/usr/bin/setpriv", `--ruid=${real}`, `--euid=${effective}`],
          ...["--clear-groups", `${prefix.path}/bin/dk-sign`],
          ...["/bin/sh", "-c", 'cat >/dev/null; test "$A" = b && exit 71'],
        ],
        message: toBytes(MAIL),
        next: "none",
        env: { A: "b", NODE_OPTIONS: "--x", CONTROLDIR: "/nonexistent" },
        cwd: "/",
      });
      assertEquals(code, 71, stderr);
    },
    ROOT_USER,
    SETPRIV,
  );
}

for (const limit of [12, 13, 14, 16, 20]) {
  endToEnd(
    `An installed \`dk-remote\` bounces nothing with ${limit} open files`,
    async () => {
      await using site = await Site.open();
      const { code, signal, report, stderr } = await runRemote({
        command: [`${prefix.path}/bin/dk-remote`, "h", "a@b", "c@d"],
        message: toBytes(MAIL),
        env: { ...site.env, DKREMOTE: "/bin/true" },
        setup: `ulimit -S -n ${limit}`,
      });
      const output = stderr + report;
      assert(!rspawnReport({ code, signal }, output).startsWith("D"), output);
    },
  );
}

/** Calls that make or change a file, with the path. */
const WRITES =
  /\b(?:open(?:at)?\(.*"([^"]+)", [^)]*(?:O_WRONLY|O_RDWR|O_CREAT)|(?:mkdir|unlink|rename|creat|symlink)(?:at)?\(.*?"([^"]+)")/;

endToEnd(
  "An installed `dk-sign` writes to nothing but TMPDIR, also a large message",
  async () => {
    await using site = await Site.open();
    const trace = `${site.folder}/trace`;
    const { code, stderr } = await runFilter({
      command: [
        "/usr/bin/strace",
        "-f",
        "-s",
        "300",
        "-e",
        "trace=%file",
        "-o",
        trace,
        `${prefix.path}/bin/dk-sign`,
        "/bin/true",
      ],
      message: toBytes(MAIL + "A line of a body.\n".repeat(400_000)),
      env: site.env,
      next: "none",
      timeoutMs: 60_000,
    });
    assertEquals(code, 0, stderr);
    const calls = (await Deno.readTextFile(trace)).split("\n");
    const written = calls.filter((call) => !/ E[A-Z]+ \(/.test(call))
      .flatMap((call) => {
        const [, opened, made] = WRITES.exec(call) ?? [];
        return opened ?? made ?? [];
      });
    // Below /dev/null there is nothing: DENO_DIR says so.
    const elsewhere = written.filter((path) =>
      !/^\/dev\/null(?:\/|$)/.test(path) && path !== site.env.TMPDIR
    );
    assertEquals(elsewhere, []);
    assert(written.includes(site.env.TMPDIR!));
  },
  STRACE,
);
