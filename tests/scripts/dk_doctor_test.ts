// dk-doctor as a process: what it prints, and how it ends.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { bundle } from "../../scripts/build/bundle.ts";
import { Installation, userName } from "../support/doctor.ts";

const PROGRAMS = ["qmail-dk", "dk-sign", "dk-verify"];

Deno.test("`dk-doctor` exits 0 and finds nothing wrong with a good installation", async () => {
  await using site = await Installation.open(PROGRAMS);
  const { code, stdout, stderr } = await site.run();
  assertEquals([code, stderr], [0, ""], stdout);
  assertMatch(stdout, /^(?:ok {3}[^\n]+\n(?: {5}-> [^\n]+\n)?)+$/);
  for (const check of ["install", "key", "record", "dns", "tmpdir"]) {
    assertMatch(stdout, new RegExp(`^ok   ${check} `, "m"));
  }
  for (
    const line of [
      "bin/qmail-dk: can sign for example.com as ",
      "bin/qmail-dk: can verify as ",
      "bin/dk-sign: can sign for example.com as ",
      "bin/dk-verify: can verify as ",
    ]
  ) assert(stdout.includes(line), line);
});

Deno.test("`dk-doctor` exits 0 for a warning, and says what to do", async () => {
  await using site = await Installation.open(["dk-sign"]);
  const key = `${site.folder}/keys/example.com/default`;
  await Deno.chmod(key, 0o644);
  const { code, stdout } = await site.run();
  assertEquals(code, 0, stdout);
  assert(
    stdout.includes(
      `warn key      ${key}: everybody can read it\n     -> chmod o-r ${key}\n`,
    ),
    stdout,
  );
});

Deno.test("`dk-doctor` exits 1 when nothing is installed, and makes the other checks", async () => {
  await using site = await Installation.open();
  const { code, stdout } = await site.run();
  assertEquals(code, 1);
  const fails = stdout.match(/^fail .*$/gm);
  assertEquals(fails, [
    `fail install  ${site.folder}/bin: has none of qmail-dk, dk-sign, dk-verify, dk-remote`,
  ]);
  for (const check of ["key", "record", "dns", "tmpdir"]) {
    assertMatch(stdout, new RegExp(`^ok   ${check} `, "m"));
  }
});

Deno.test("`dk-doctor` looks at the prefix that it is installed in", async () => {
  await using site = await Installation.open(["dk-verify"]);
  const script = await site.write(
    "lib/qmail-dk/0.1.0/dk-doctor.js",
    await bundle("scripts/dk_doctor/main.ts", "module"),
  );
  const words = `${Deno.execPath()} run --no-config --unstable-net -A`;
  const launcher = await site.write(
    "bin/dk-doctor",
    `#!/bin/sh\nexec ${words} ${script} "$@"\n`,
    0o755,
  );
  const { code, stdout } = await new Deno.Command(launcher, {
    args: ["--user", await userName()],
    env: { ...site.env, NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals(code, 0, text);
  const line = `ok   install  ${site.folder}/bin: has dk-verify\n`;
  assert(text.includes(line), text);
});

Deno.test("`dk-doctor --json` prints an array of findings, each with the same five names", async () => {
  await using site = await Installation.open();
  const { code, stdout } = await site.run(["--json"]);
  assertEquals(code, 1);
  const findings = JSON.parse(stdout) as Record<string, unknown>[];
  assert(findings.length > 8);
  for (const finding of findings) {
    assertEquals(
      Object.keys(finding),
      ["check", "status", "subject", "detail", "advice"],
    );
    assert(["ok", "warn", "fail"].includes(finding.status as string));
    if (finding.status !== "ok") assertMatch(String(finding.advice), /\S/);
  }
  assertEquals(findings[1], {
    check: "install",
    status: "fail",
    subject: `${site.folder}/bin`,
    detail: "has none of qmail-dk, dk-sign, dk-verify, dk-remote",
    advice:
      `deno task install --prefix ${site.folder}, or dk-doctor --prefix with the folder above bin`,
  });
});

Deno.test("`dk-doctor` prints nothing of a file name or of DNS as it came", async () => {
  await using site = await Installation.open();
  const { stdout } = await site.run([], { DKSIGN: "/no\x1b[2J/é%/default" });
  assertMatch(stdout, /^[\x20-\x7e\n\t]+$/);
  assert(stdout.includes("/no\\x1b[2J/\\xe9%/default"), stdout);
});

const hasScript = await new Deno.Command("sh", {
  args: ["-c", "script --version 2>/dev/null | grep -q util-linux"],
}).output();
Deno.test({
  name:
    "`dk-doctor` has colour on a terminal, unless NO_COLOR is set (needs script of util-linux)",
  ignore: !hasScript.success,
  fn: async () => {
    await using site = await Installation.open();
    const runtime = JSON.stringify(Deno.execPath());
    const line = (words: string) => [
      "sh",
      "-c",
      `exec script -qec "$(printf '%s ' ${words} "$@")" /dev/null`,
      "sh",
    ];
    const coloured = await site.run([], {}, line(runtime));
    assertEquals(coloured.code, 1);
    assert(coloured.stdout.includes("\x1b[31mfail\x1b[0m install"));
    assert(coloured.stdout.includes("\x1b[32mok  \x1b[0m key"));
    const plain = await site.run([], { NO_COLOR: "1" }, line(runtime));
    assert(!plain.stdout.includes("\x1b"), plain.stdout);
    assertMatch(plain.stdout, /^fail install /m);
  },
});

const USAGE_ERRORS: Record<string, [args: string[], message: RegExp]> = {
  "an unknown option": [["--colour"], /Unknown option --colour/],
  "an argument": [["all"], /Unexpected argument "all"/],
  "an option without its value": [["--run"], /Option "run" needs a value/],
  "a domain that is none": [["--domain", "a/b"], /the domain "a\/b"/],
  "an option for a user": [["--user=-u"], /the user "-u"/],
};
for (const [name, [args, message]] of Object.entries(USAGE_ERRORS)) {
  Deno.test(`\`dk-doctor\` refuses ${name} as wrong usage`, async () => {
    await using site = await Installation.open();
    const { code, stdout, stderr } = await site.run(args);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, message);
    assertMatch(stderr, /^dk-doctor: .*\nTry "dk-doctor --help"\n$/);
  });
}

Deno.test("`dk-doctor --help` prints the usage", async () => {
  await using site = await Installation.open();
  const { code, stdout, stderr } = await site.run(["--help"]);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^usage: dk-doctor \[options\]\n/);
});
