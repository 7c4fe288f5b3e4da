// The tests of the filters once more, over launchers that a resident process serves. What differs by
// decision is one table.

import { assert, assertEquals } from "@std/assert";
import { bundle } from "../../scripts/build/bundle.ts";
import { ROOT } from "../support/installer.ts";
import { endToEnd } from "../support/requirements.ts";
import { Resident } from "../support/resident.ts";

const FILES = [
  "action",
  "envelope",
  "environment",
  "input",
  "keys",
  "next_program",
  "surroundings",
  "verify_dns",
  "verify_error_text",
  "verify_injection",
  "verify_letters",
];

/** Tests that need not hold here, by why that is so. */
const DECISIONS: Record<string, RegExp> = {
  // A shell exports PWD, and hands on no variable whose name is none of a shell's.
  "a shell's environment":
    /` hands on (an empty environment|empty, odd and long variables|variables that are not UTF-8|PATH and HOME|an empty PATH|a PATH that is not UTF-8|what an SMTP session sets|all but DKQUEUE)$/,
  "the next program reads the envelope of a signed mail first":
    /` that signs exits \d+ when the envelope /,
  "what is not looked at need not be UTF-8":
    /` exits 55 when (DKQUEUE|TMPDIR) is not UTF-8$/,
  "the shell says what it could not start":
    /` exits 120 when the program of its \w+ has an interpreter that is missing$/,
  "the names go a moment later": /` hands on finished files without a name, /,
  "a shell that waits for cat(1) blocks no signal":
    /` hands on a mask in which SIGCHLD and SIGTERM are blocked$/,
  "nothing needs the working directory":
    /` fails for a while, and queues nothing, in a folder that has been removed$/,
  // cat(1) ends there, and the mail is deferred.
  "O_NONBLOCK on fd 0": /, with O_NONBLOCK on fd 0$/,
  "the process has the rights and the mounts of its own":
    /(a folder that may not be entered|when nothing is said|cannot read resolv.conf, logs that, and asks nobody)$/,
};

/** Tests of which some fail for a reason of the table, whatever the machine. */
const CERTAIN = "a shell's environment";

endToEnd("Resident programs pass the tests of the filters", async () => {
  await using resident = await Resident.open();
  for (
    const name of ["dk-sign", "dk-verify", "qmail-dk", "dk-remote"] as const
  ) {
    const path = `${resident.folder}/${name}.js`;
    const source = `filters/${name.replace("-", "_")}.ts`;
    await Deno.writeTextFile(path, await bundle(source, "module"));
    await resident.launcherOf(name, { command: resident.runs(path) });
  }
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "-A", "--quiet"],
      ...FILES.map((name) => `tests/e2e/${name}_test.ts`),
    ],
    cwd: ROOT,
    env: { DK_PROGRAMS: resident.folder, NO_COLOR: "1" },
    stderr: "null",
  }).output();
  const lines = new TextDecoder().decode(stdout).split("\n");
  const named = (how: string) =>
    lines.flatMap((line) => {
      const [, name, result] = /^(.*) \.\.\. (\w+) \(/.exec(line) ?? [];
      return result === how ? [name!] : [];
    });
  const reasons = Object.entries(DECISIONS);
  const reasonOf = (name: string) =>
    reasons.find(([, pattern]) => pattern.test(name))?.[0];
  const failed = named("FAILED");
  assertEquals(failed.filter((name) => reasonOf(name) === undefined), []);
  assert(failed.some((name) => reasonOf(name) === CERTAIN), "none is resident");
  assert(named("ok").length > 200, `only ${named("ok").length} passed`);
  await resident.emptied();
  assert(await resident.answered("queue") > 150, "few went by the process");
});
