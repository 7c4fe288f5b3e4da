// The text of a launcher, run by every shell that is here in the place of /bin/sh.

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { parseDefaults } from "../../scripts/install/defaults.ts";
import { formatLauncher, type Launch } from "../../scripts/install/launcher.ts";
import { KEPT, parseCaller } from "../../lib/system/process/caller.ts";
import { Environment } from "../../lib/system/configuration/environment.ts";
import { findExecutable } from "../../lib/system/process/executable.ts";
import { Random } from "../support/random.ts";
import { Folder, needs } from "../support/installer.ts";
import { endToEnd, type Prefix } from "../support/requirements.ts";

const BUSYBOX = findExecutable("busybox", new Environment(Deno.env)) ??
  "/bin/busybox";
const BASE64 = "/usr/bin/base64";

/** Words that start a shell on a script. */
const SHELLS: [name: string, path: string, words: string[]][] = [
  ["/bin/sh", "/bin/sh", ["/bin/sh"]],
  ["dash", "/bin/dash", ["/bin/dash"]],
  ["bash", "/bin/bash", ["/bin/bash", "--posix"]],
  ["busybox sh", BUSYBOX, [BUSYBOX, "sh"]],
];

interface Run {
  launch?: Partial<Launch>;
  env?: Record<string, string>;
  /** Lines of a shell in front of the launcher. */
  setup?: string;
}

/** Runs a launcher that starts env(1) or another program; fd 2 is to stay empty. */
async function runLauncher(words: string[], run: Run): Promise<string> {
  const { code, stdout, stderr } = await launchBy(words, run);
  const decoder = new TextDecoder();
  assertEquals([code, decoder.decode(stderr)], [0, ""]);
  return decoder.decode(stdout);
}

async function launchBy(
  words: string[],
  run: Run,
): Promise<Deno.CommandOutput> {
  await using folder = await Folder.make();
  const path = `${folder.path}/launcher`;
  const launch: Launch = {
    name: "test",
    title: "test",
    firstLines: {},
    home: "/nonexistent",
    command: ["/usr/bin/env", "-0"],
    defaults: {},
    base64: BASE64,
    isCompiled: false,
    isFilter: true,
    isRemote: false,
    ...run.launch,
  };
  await Deno.writeTextFile(path, formatLauncher(launch));
  const setup = `${run.setup ?? ""}\nunset PWD OLDPWD SHLVL\nexec "$@"`;
  return await new Deno.Command("/bin/dash", {
    args: ["-c", setup, "dash", ...words, path],
    clearEnv: true,
    env: run.env ?? {},
  }).output();
}

async function environmentOf(
  words: string[],
  run: Run,
): Promise<Map<string, string>> {
  const output = await runLauncher(words, run);
  return new Map(
    output.split("\0").slice(0, -1).map((entry) => {
      const at = entry.indexOf("=");
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

/** What a shell exports of its own accord. */
const SHELL = new Set(["PATH", "PWD", "OLDPWD", "SHLVL", "_"]);

/** The environment that is handed over. */
function blockOf(found: Map<string, string>): Set<string> {
  let text = found.get("DK_CALLER")!;
  for (let at = 6; found.has(`DK_CALLER_${at}`); at++) {
    text += found.get(`DK_CALLER_${at}`)!;
  }
  const block = new TextDecoder("latin1").decode(parseCaller(text)!.block!);
  return new Set(block.split("\0").slice(0, -1));
}

function toEntries(env: Record<string, string>): Set<string> {
  return new Set(
    Object.entries(env).map(([name, value]) => `${name}=${value}`),
  );
}

const SHARP = [
  '"',
  "$",
  "`",
  "\\",
  "}",
  "{",
  "'",
  " ",
  "  ",
  "\t",
  "*",
  "~",
  "#",
  "!",
  "&",
  ";",
  "|",
  "<",
  "(",
  ")",
  "%",
  "=",
  "é",
  "$(id)",
  "${A}",
  "\\\\",
  "a",
  "?",
  "[",
  "]",
  "^",
  "-",
];

for (const [name, path, words] of SHELLS) {
  const shell: Prefix = needs(path);
  const dash: Prefix = needs("/bin/dash");
  const base64: Prefix = needs(BASE64);
  const test = (what: string, body: () => Promise<void>) =>
    endToEnd(`A launcher run by ${name} ${what}`, body, shell, dash, base64);

  test("sets defaults of any characters", async () => {
    const random = new Random(8);
    const defaults: Record<string, string> = {};
    for (let n = 0; n < 200; n++) {
      defaults[`V${n}`] = random.text(SHARP, 0, 11);
    }
    const found = await environmentOf(words, { launch: { defaults } });
    for (const [name, value] of Object.entries(defaults)) {
      assertEquals(found.get(name), value);
    }
  });

  test("leaves what the caller sets, also to nothing", async () => {
    const found = await environmentOf(words, {
      launch: { defaults: { A: "1", B: "2", C: "3" } },
      env: { A: "", B: "b $x }" },
    });
    assertEquals(["A", "B", "C"].map((name) => found.get(name)), [
      "",
      "b $x }",
      "3",
    ]);
  });

  test("hands over the environment that it was given", async () => {
    const env = { A: "b", DK_CALLER: "hostile", DENO_DIR: "/x" };
    const found = await environmentOf(words, {
      env,
      setup: `set -- /usr/bin/env 'odd name=' "B=$(printf '\\377')" "$@"`,
    });
    const caller = parseCaller(found.get("DK_CALLER")!);
    const text = String.fromCharCode(...caller!.block!);
    assertEquals(
      new Set(text.split("\0").slice(0, -1)),
      new Set([
        "A=b",
        "DK_CALLER=hostile",
        "DENO_DIR=/x",
        "odd name=",
        "B=\xff",
      ]),
    );
    assertEquals(found.get("DENO_DIR"), "/dev/null");
  });

  test("hides what is not for our programs, and hands it over", async () => {
    const given = {
      DENO_V8_FLAGS: "--help",
      NODE_OPTIONS: "--require x.js",
      OTEL_DENO: "1",
      HOME: "/h",
      LINES: "a\nexport PATH='x'\nexport a;b=c\n#1",
      DKSIGN: "a=b",
      LD_X: "y",
      RELAYCLIENT: "",
    };
    const found = await environmentOf(words, { env: given });
    const names = [...found.keys()].filter((name) => !SHELL.has(name));
    assertEquals(names.sort(), [
      ...["DENO_DIR", "DENO_DISABLE_NODE_SHIM", "DENO_NO_UPDATE_CHECK"],
      ...["DKSIGN", "DK_CALLER", "HOME", "LD_X", "NO_COLOR", "RELAYCLIENT"],
    ]);
    assertEquals(
      ["DKSIGN", "HOME"].map((name) => found.get(name)),
      ["a=b", "/nonexistent"],
    );
    assertEquals(blockOf(found), toEntries(given));
  });

  test("hands over what is more than one variable may have", async () => {
    const env: Record<string, string> = { LONG: "x".repeat(130_000) };
    for (let n = 0; n < 100; n++) env[`DENO_${n}`] = "y".repeat(5000 + n);
    const found = await environmentOf(words, {
      env,
      setup: `set -- /usr/bin/env DK_CALLER_6=hostile "$@"`,
    });
    env.DK_CALLER_6 = "hostile";
    assertEquals(blockOf(found), toEntries(env));
  });

  test("hides as much from a program that becomes no other one", async () => {
    const env = {
      DENO_DIR: "/x",
      NODE_OPTIONS: "x",
      DKSIGN: "a",
      NO_COLOR: "",
    };
    const found = await environmentOf(words, {
      launch: { isFilter: false },
      env,
    });
    const names = [...found.keys()].filter((name) => !SHELL.has(name));
    assertEquals(names.sort(), [
      ...["DENO_DIR", "DENO_DISABLE_NODE_SHIM", "DENO_NO_UPDATE_CHECK"],
      ...["DKSIGN", "HOME", "NO_COLOR"],
    ]);
    assertEquals([found.get("DENO_DIR"), found.get("NO_COLOR")], [
      "/dev/null",
      "",
    ]);
  });

  for (
    const [how, launch] of [
      ["there is no base64", { base64: undefined }],
      ["base64 is missing", { base64: "/nonexistent" }],
    ] as const
  ) {
    test(`keeps what it hides or replaces where ${how}`, async () => {
      const found = await environmentOf(words, {
        launch: { defaults: { A: "1", B: "2" }, ...launch } as Partial<Launch>,
        env: { DENO_DIR: "/x", A: "", C: "c\nd=e", DK_CALLER: "hostile" },
      });
      const caller = parseCaller(found.get("DK_CALLER")!);
      assertEquals(caller?.block, undefined);
      assertEquals(caller!.replaced, [
        ...["A", "B", "HOME", "DENO_DIR", "DENO_NO_UPDATE_CHECK"],
        ...["DENO_DISABLE_NODE_SHIM", "NO_COLOR"],
      ]);
      const kept = [...found].filter(([name]) =>
        name.startsWith(KEPT) && !SHELL.has(name.slice(KEPT.length))
      );
      assertEquals(Object.fromEntries(kept), {
        DK_KEPT_A: "",
        DK_KEPT_C: "c\nd=e",
        DK_KEPT_DENO_DIR: "/x",
        DK_KEPT_DK_CALLER: "hostile",
      });
      assertEquals([found.get("A"), found.get("C")], ["", undefined]);
    });
  }

  const DAMAGES: [name: string, content: string | undefined][] = [
    ["is empty", ""],
    ["is cut short", "Deno.ex"],
    ["is zeros", "\0".repeat(5000)],
    ["is missing", undefined],
  ];
  for (const [name, content] of DAMAGES) {
    for (const isRemote of [false, true]) {
      const what = isRemote ? "mail that goes out" : "mail";
      test(`defers ${what} when the program ${name}`, async () => {
        await using folder = await Folder.make();
        const file = `${folder.path}/program`;
        if (content !== undefined) {
          await Deno.writeTextFile(file, content, { mode: 0o755 });
        }
        const firstLines = { [file]: "'Deno.exitCode = 81;'" };
        const { code, stdout, stderr } = await launchBy(words, {
          launch: { command: [file], firstLines, isRemote },
        });
        const [out, err] = [stdout, stderr].map((bytes) =>
          new TextDecoder().decode(bytes)
        );
        if (isRemote) {
          assertEquals(code, 0);
          assertMatch(out!, /^Ztest: Cannot run .* \(#4\.3\.0\)\n\0$/);
        } else {
          assertEquals([code, out], [111, ""]);
          assertMatch(err!, /^(?:.*\n)?test: failed exit=111 reason="Cannot /);
        }
      });
    }
  }

  const printLimits = {
    command: [
      "/bin/dash",
      "-c",
      "ulimit -v; ulimit -d; ulimit -s; ulimit -H -v",
    ],
  };
  test("raises soft limits, and hands over what they were", async () => {
    const setup =
      "ulimit -S -v 30000; ulimit -S -d 20000; ulimit -S -s 4000; ulimit -S -n 64";
    const raised = await runLauncher(words, { launch: printLimits, setup });
    assertEquals(raised, "unlimited\nunlimited\n8192\nunlimited\n");
    const found = await environmentOf(words, { setup });
    const { limits } = parseCaller(found.get("DK_CALLER")!)!;
    assertEquals([...limits.values()], ["30000", "20000", "4000", "64"]);
  });

  test("raises a soft limit to a hard one that is in the way", async () => {
    const setup =
      "ulimit -S -v 30000; ulimit -H -v 60000; ulimit -S -d 20000; ulimit -H -d 50000; ulimit -S -s 4000; ulimit -H -s 6000";
    const raised = await runLauncher(words, { launch: printLimits, setup });
    assertEquals(raised, "60000\n50000\n6000\n60000\n");
  });

  test("runs with fd 2 closed, and with all three", async () => {
    for (const closed of ["2>&-", "0<&- 2>&-"]) {
      const found = await environmentOf(words, {
        env: { A: "b" },
        setup: `exec ${closed}`,
      });
      const { block } = parseCaller(found.get("DK_CALLER")!)!;
      assertEquals(String.fromCharCode(...block!), "A=b\0");
    }
  });

  test("ends with what the next program ends with, or with 111", async () => {
    const exits = (code: number) => ["/bin/sh", "-c", `exit ${code}`];
    const killed = ["/bin/sh", "-c", "kill -9 $$"];
    const rows: [command: string[], isRemote: boolean, code: number][] = [
      [["/nonexistent"], false, 111],
      [["/nonexistent"], true, 111],
      [exits(31), false, 31],
      [exits(0), true, 0],
      [exits(1), true, 111],
      [exits(111), true, 111],
      [killed, true, 111],
    ];
    for (const [command, isRemote, code] of rows) {
      const launch = { command, isRemote };
      assertEquals((await launchBy(words, { launch })).code, code);
    }
  });

  test("repairs a TMPDIR that a binary cannot use", async () => {
    const launch = { isCompiled: true };
    const cases = [[undefined, undefined], ["", undefined], ["/a b", "/a b"]];
    for (const [given, expected] of cases) {
      const env: Record<string, string> = given === undefined
        ? {}
        : { TMPDIR: given };
      const found = await environmentOf(words, { launch, env });
      assertEquals(found.get("TMPDIR"), expected);
    }
    const env = { TMPDIR: "rel" };
    const found = await environmentOf(words, { launch, env, setup: "cd /usr" });
    assertEquals(found.get("TMPDIR"), "/usr/rel");
  });
}

Deno.test("`parseDefaults()` reads a dotenv file", () => {
  const text = `# the site
export DKSIGN='/etc/domainkeys/%/default'
DKVERIFY="DEGIJKfh,CGHIJMQRkl" # letters
TMPDIR=/var/spool/dk tmp
EMPTY=
`;
  assertEquals(parseDefaults(text), {
    DKSIGN: "/etc/domainkeys/%/default",
    DKVERIFY: "DEGIJKfh,CGHIJMQRkl",
    TMPDIR: "/var/spool/dk tmp",
    EMPTY: "",
  });
});

for (
  const line of [
    'A="b\\nc"',
    "DK_CALLER=1",
    "DENO_DIR=/x",
    "NODE_OPTIONS=--x",
    "PATH=/bin",
    "a.b=c",
  ]
) {
  Deno.test(`\`parseDefaults()\` refuses ${line}`, () => {
    assertThrows(() => parseDefaults(line), Error, "Cannot set a default");
  });
}
