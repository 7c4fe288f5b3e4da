// Whatever is wrong with dk-remote itself is a temporary failure to qmail-rspawn, in one report on
// fd 1 with nothing on fd 2, and qmail-remote has never been started.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { bundle } from "../../scripts/build/bundle.ts";
import {
  type RemoteResult,
  type RemoteRun,
  rspawnReport,
  runRemote,
} from "../support/remote.ts";
import { addedFields, largeMail, MAIL, toBytes } from "../support/mail.ts";
import { commandOf } from "../support/programs.ts";
import {
  endToEnd,
  MOUNTING,
  privilegeOf,
  wordsOf,
} from "../support/requirements.ts";
import { Site } from "../support/site.ts";

const MESSAGE = toBytes(MAIL);
const ARGS = ["example.net", "ann@example.com", "bob@example.net"];
const LARGE = largeMail(8 << 20);
const WITH_FFI = commandOf("dk-remote");
const WITHOUT_FFI = [
  Deno.execPath(),
  "run",
  "-A",
  "--deny-ffi",
  new URL("../../filters/dk_remote.ts", import.meta.url).pathname,
];

/** The reason that qmail-send logs. */
function assertDeferred(
  { code, signal, report, stderr, started }: RemoteResult,
  reason: RegExp,
): void {
  assertEquals([code, signal, stderr, started], [0, null, "", false], report);
  assertMatch(report, /^Zdk-remote: [ -~]{1,400} \(#4\.3\.0\)\n\0$/);
  assertMatch(report, reason);
  assertEquals(rspawnReport({ code, signal }, report), report.slice(0, -1));
}

interface Row extends Partial<RemoteRun> {
  name: string;
  args?: string[];
  /** What is done to the site before. */
  arrange?: (site: Site, command: string[]) => Promise<unknown>;
  reason: RegExp;
}

const ROWS: Row[] = [
  { name: "no arguments", args: [], reason: /with 0 arguments/ },
  { name: "no recipient", args: ["h", "a@b"], reason: /with 2 arguments/ },
  { name: "a closed fd 0", setup: "exec 0<&-", reason: /0 is closed/ },
  { name: "a folder on fd 0", setup: "exec 0</", reason: /read descriptor 0/ },
  {
    name: "an unknown option",
    env: { DKIMSIGNOPTIONS: "-y" },
    reason: /Option "-y" is unknown/,
  },
  { name: "a DEATH of words", env: { DEATH: "soon" }, reason: /"soon"/ },
  {
    name: "a variable that is not UTF-8",
    setup: `export DKSIGNWITH="$(printf '\\377')"`,
    reason: /DKSIGNWITH/,
  },
  {
    name: "a key that is none",
    arrange: (site) => site.write("keys/example.com/default", "x"),
    reason: /private key ".*\/example\.com\/default"/,
  },
  {
    name: "a key that may not be read",
    setup: 'chmod 0 "${DKSIGN%%%*}example.com/default"',
    reason: /private key .*[Pp]ermission denied/,
  },
  {
    name: "a missing key without %",
    env: { DKSIGN: "/nonexistent/default" },
    reason: /No private key "\/nonexistent\/default"/,
  },
  {
    name: "a control file that is a folder",
    arrange: (site) => Deno.mkdir(`${site.folder}/control/dksign`),
    setup: "unset DKSIGN",
    reason: /Cannot read ".*\/control\/dksign"/,
  },
  {
    name: "no room for a large message",
    message: LARGE,
    env: { TMPDIR: "/nonexistent" },
    reason: /file in "\/nonexistent"/,
  },
  {
    name: "a limit of file sizes",
    message: LARGE,
    setup: "trap '' XFSZ; ulimit -S -f 10000",
    reason: /Cannot write the message/,
  },
  {
    name: "a time limit",
    env: { DEATH: "1" },
    setup: 'mkfifo "$TMPDIR/fifo"; exec 0<>"$TMPDIR/fifo"',
    reason: /Not done after 1 seconds/,
  },
  { name: "an empty DKREMOTE", env: { DKREMOTE: "" }, reason: /DKREMOTE/ },
  {
    name: "a DKREMOTE that is missing",
    env: { DKREMOTE: "/nonexistent/a b" },
    reason: /execute "\/nonexistent\/a b"/,
  },
  {
    name: "a DKREMOTE with odd characters",
    env: { DKREMOTE: "/none\n\x1b[1m\u20ac" },
    reason: /execute "\/none\\x0a\\x1b\[1m\\x20ac"/,
  },
  {
    name: "a DKREMOTE of 3000 bytes",
    env: { DKREMOTE: `/${"x".repeat(3000)}` },
    reason: /execute "\/xxx/,
  },
  {
    name: "a DKREMOTE without an interpreter",
    arrange: (site) => writeProgram(site, "#!/nonexistent/sh\n"),
    setup: 'DKREMOTE="${TMPDIR%/*}/program"',
    reason: /execute ".*\/program"/,
  },
  {
    name: "a DKREMOTE that is an empty file",
    arrange: (site) => writeProgram(site, ""),
    setup: 'DKREMOTE="${TMPDIR%/*}/program"',
    reason: /execute ".*\/program"/,
  },
  {
    name: "a DKREMOTE that is a launcher of dk-remote",
    arrange: async (site, command) =>
      await writeProgram(
        site,
        command.length === 1
          ? await Deno.readTextFile(command[0]!)
          : `#!/bin/sh\n${command.join(" ")} "$@" || exit 111\n`,
      ),
    setup: 'DKREMOTE="${TMPDIR%/*}/program"',
    reason: /program", which is dk-remote/,
  },
];

async function writeProgram(site: Site, text: string): Promise<void> {
  await Deno.chmod(await site.write("program", text), 0o755);
}

for (
  const [how, command] of [["", WITH_FFI], [
    " without FFI",
    WITHOUT_FFI,
  ]] as const
) {
  for (const { name, args = ARGS, arrange, reason, env, ...run } of ROWS) {
    const privilege = privilegeOf(run.setup ?? "");
    endToEnd(`\`dk-remote\`${how} defers for ${name}`, async () => {
      await using site = await Site.open();
      await arrange?.(site, command);
      const result = await runRemote({
        command: [...wordsOf(privilege), ...command, ...args],
        message: MESSAGE,
        ...run,
        env: { ...site.env, ...env },
      });
      assertDeferred(result, reason);
      assertEquals(
        (await site.temporaryFiles()).filter((n) => n !== "fifo"),
        [],
      );
    }, privilege);
  }
}

for (const message of [MESSAGE, LARGE]) {
  endToEnd(
    `\`dk-remote\` without FFI signs ${message.length} bytes, and leaves the report as it is`,
    async () => {
      await using site = await Site.open();
      const report = "r\0h550 no\n\0Kok\n\0";
      const command = [...WITHOUT_FFI, ...ARGS];
      const run = { command, message, env: site.env, report };
      const result = await runRemote(run);
      assertEquals([result.code, result.stderr], [0, ""]);
      assertEquals([result.report, result.sent!.args], [report, ARGS]);
      assertEquals(addedFields(message, result.sent!.message).length, 2);
      assertEquals(result.sent!.size, result.sent!.message.length);
      assert(!result.sent!.environ.some((entry) => /^DKREMOTE/.test(entry)));
      assertEquals((await runRemote({ ...run, exit: 3 })).code, 3);
      assertEquals(await site.temporaryFiles(), []);
    },
  );
}

endToEnd(
  "`dk-remote` without FFI defers when qmail-remote is killed after its report",
  async () => {
    await using site = await Site.open();
    const { code, signal, report } = await runRemote({
      command: [...WITHOUT_FFI, ...ARGS],
      message: MESSAGE,
      env: site.env,
      exit: "SIGKILL",
    });
    assertEquals([code, signal], [111, null]);
    assertMatch(rspawnReport({ code, signal }, report), /^ZUnable/);
  },
);

endToEnd(
  "`dk-remote` without FFI defers for a recipient that is not UTF-8",
  async () => {
    await using site = await Site.open();
    const result = await runRemote({
      command: [...WITHOUT_FFI, ...ARGS],
      message: MESSAGE,
      env: site.env,
      setup: `set -- "$@" "$(printf '\\377@b')"`,
    });
    assertDeferred(result, /not UTF-8/);
  },
);

/** An exception that nothing of ours foresees, in the program that is shipped. */
const SABOTAGES = [
  { name: "throws", text: 'throw new Error("odd")' },
  { name: "rejects", text: 'Promise.reject(new Error("odd"))' },
  { name: "throws later", text: 'queueMicrotask(() => {throw Error("odd")})' },
];

for (const { name, text } of SABOTAGES) {
  endToEnd(`\`dk-remote\` defers when something ${name}`, async () => {
    await using site = await Site.open();
    const program = await bundle("filters/dk_remote.ts");
    const args =
      `Object.defineProperty(Deno, "args", {get() {${text}; return ["h", "a@b", "c@d"]}});`;
    const script = await site.write("dk-remote.js", args + program);
    const result = await runRemote({
      command: [Deno.execPath(), "run", "-A", script],
      message: LARGE,
      env: site.env,
    });
    assertDeferred(result, /odd/);
  });
}

endToEnd("`dk-remote` defers when it waits too long", async () => {
  await using site = await Site.open();
  const program = await bundle("filters/dk_remote.ts");
  const endless =
    "Deno.stdin.read = () => new Promise((done) => setTimeout(done, 1e6));";
  const script = await site.write("dk-remote.js", endless + program);
  const result = await runRemote({
    command: [Deno.execPath(), "run", "-A", script, ...ARGS],
    message: MESSAGE,
    env: { ...site.env, DEATH: "1" },
  });
  assertDeferred(result, /Not done after 1 seconds/);
});

Deno.test("what ends `dk-remote` silently ends it with 111", async () => {
  assertMatch(await bundle("filters/dk_remote.ts"), /^Deno\.exitCode = 111;/);
});

/** A /var/qmail of its own, where `$1` says what is there. */
const IN_VAR_QMAIL =
  `mount -t tmpfs none /var && mkdir -p /var/qmail/bin || exit 127
for name in $1; do
  printf '#!/bin/sh\\nprintf "K%%s\\\\n\\\\0" "$0"\\n' >/var/qmail/bin/$name
  chmod 755 /var/qmail/bin/$name
done
shift; exec "$@"`;

for (
  const [there, report] of [
    ["qmail-remote qmail-remote.orig", "K/var/qmail/bin/qmail-remote.orig\n\0"],
    ["qmail-remote", "K/var/qmail/bin/qmail-remote\n\0"],
  ] as const
) {
  endToEnd(
    `\`dk-remote\` goes on by itself where there is ${there}`,
    async () => {
      await using site = await Site.open();
      const shell = ["/bin/sh", "-c", IN_VAR_QMAIL, "sh", there];
      const result = await runRemote({
        command: [...wordsOf(MOUNTING), ...shell, ...WITH_FFI, ...ARGS],
        message: MESSAGE,
        env: { ...site.env, PATH: "/usr/bin:/bin" },
        named: false,
      });
      assertEquals([result.code, result.report], [0, report]);
    },
    MOUNTING,
  );
}
