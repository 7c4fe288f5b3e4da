// dk-remote in front of qmail-remote: the message is signed, and everything else is as it would be
// without it. What it does when something is wrong is in dk_remote_failure_test.ts.

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  type RemoteResult,
  type RemoteRun,
  rspawnReport,
  runRemote,
  type Sent,
} from "../support/remote.ts";
import { BEHIND_PARENT } from "../support/comparison.ts";
import { addedFields, largeMail, MAIL, toBytes } from "../support/mail.ts";
import { commandOf } from "../support/programs.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";
import { verifyDkim, verifyDomainKeys } from "../support/verifiers.ts";

const MESSAGE = toBytes(MAIL);
const ARGS = ["example.net", "ann@example.com", "bob@example.net"];
const GOOD = ["default._domainkey.example.com pass"];

function run(
  site: Site,
  { env, ...changes }: Partial<RemoteRun> = {},
  args = ARGS,
): Promise<RemoteResult> {
  return runRemote({
    command: [...commandOf("dk-remote"), ...args],
    message: MESSAGE,
    ...changes,
    env: { ...site.env, ...env },
  });
}

/** Sent as it came, with so many fields on top. */
function assertSent(
  { code, signal, stderr, sent }: RemoteResult,
  message: Uint8Array,
  fields: number,
): Uint8Array {
  assertEquals([code, signal, stderr], [0, null, ""]);
  assertEquals(addedFields(message, sent!.message).length, fields);
  return sent!.message;
}

const LARGE = largeMail(10_000_000);

const MESSAGES = [
  { name: "LF line ends", message: MESSAGE },
  { name: "CRLF line ends", message: toBytes(MAIL.replaceAll("\n", "\r\n")) },
  { name: "a body of every byte but CR", message: everyByte() },
  { name: "4 MiB", message: largeMail(4 << 20) },
  { name: "10 MB", message: LARGE },
];

function everyByte(): Uint8Array {
  const bytes = String.fromCharCode(...Array(256).keys()).replace("\r", "");
  return toBytes(`${MAIL}${bytes}\n`);
}

for (const { name, message } of MESSAGES) {
  endToEnd(`\`dk-remote\` signs a message with ${name}`, async () => {
    await using site = await Site.open();
    const result = await run(site, { message });
    const sent = assertSent(result, message, 2);
    assertEquals(verifyDkim(sent, site.records), GOOD);
    assertEquals(verifyDomainKeys(sent, site.records), "pass");
    // QMTP sends the size of the file before the message.
    assertEquals(result.sent!.size, sent.length);
    assertEquals(await site.temporaryFiles(), []);
  });
}

endToEnd(
  "`dk-remote` signs the bounce of the null sender by its From",
  async () => {
    await using site = await Site.open();
    const message = toBytes(
      MAIL.replace("Ann <ann@example.com>", "MAILER-DAEMON@example.com"),
    );
    const args = ["example.net", "", "bob@example.net"];
    const result = await run(site, { message }, args);
    assertEquals(result.sent!.args, args);
    const sent = assertSent(result, message, 2);
    assertEquals(verifyDkim(sent, site.records), GOOD);
  },
);

endToEnd("`dk-remote` takes the pattern from control/dksign", async () => {
  await using site = await Site.open();
  const { DKSIGN, ...env } = site.env;
  await site.write("control/dksign", `${DKSIGN} \t\nignored\n`);
  const result = await runRemote({
    command: [...commandOf("dk-remote"), ...ARGS],
    message: MESSAGE,
    env,
  });
  assertSent(result, MESSAGE, 2);
});

endToEnd("`dk-remote` prefers DKSIGN to control/dksign", async () => {
  await using site = await Site.open();
  await site.write("control/dksign", "/nonexistent/default\n");
  assertSent(await run(site), MESSAGE, 2);
});

const UNSIGNED = [
  { name: "without a key", text: MAIL.replace("ann@example", "ann@other") },
  { name: "without From", text: MAIL.replace(/^From:.*\n/, "") },
  { name: "with two From", text: `From: eve@example.com\n${MAIL}` },
  { name: "that is empty", text: "" },
  { name: "that begins with a space", text: ` x\n\n${MAIL}` },
];

for (const { name, text } of UNSIGNED) {
  endToEnd(`\`dk-remote\` sends a message ${name} as it came`, async () => {
    await using site = await Site.open();
    const message = toBytes(text);
    assertSent(await run(site, { message }), message, 0);
  });
}

endToEnd(
  "`dk-remote` sends as it came when nothing names a key, also 10 MB",
  async () => {
    await using site = await Site.open();
    const { DKSIGN: _, ...env } = site.env;
    for (const message of [MESSAGE, LARGE]) {
      const command = [...commandOf("dk-remote"), ...ARGS];
      assertSent(await runRemote({ command, message, env }), message, 0);
    }
  },
);

endToEnd("`dk-remote` does not sign twice", async () => {
  await using site = await Site.open();
  const { sent } = await run(site);
  assertSent(await run(site, { message: sent!.message }), sent!.message, 0);
});

const REPORTS = [
  { name: "of one recipient", report: "rsome text\nmore\n\0Kaccepted\n\0" },
  { name: "of three recipients", report: "r\0h550 no\n\0s450 wait\n\0Kok\n\0" },
  { name: "of failure", report: "ZConnected but died. (#4.4.2)\n\0" },
  { name: "that is empty", report: "" },
  { name: "of other bytes", report: "r\xff\x80\r\n\x1b\0D\t\n\0tail" },
  { name: "of 100 KB", report: "r" + "x".repeat(1e5) + "\0Kok\n\0" },
];

for (const { name, report } of REPORTS) {
  endToEnd(`\`dk-remote\` leaves a report ${name} as it is`, async () => {
    await using site = await Site.open();
    const result = await run(site, { report });
    assertEquals(result.report, report);
    assertSent(result, MESSAGE, 2);
  });
}

endToEnd("`dk-remote` ends as qmail-remote does", async () => {
  await using site = await Site.open();
  for (const exit of [1, 111, 127]) {
    assertEquals((await run(site, { exit })).code, exit);
  }
  const { signal, report } = await run(site, { exit: "SIGKILL" });
  assertEquals([signal, rspawnReport({ code: 137, signal }, report)], [
    "SIGKILL",
    "Zqmail-remote crashed.\n",
  ]);
});

const ARGUMENTS = [
  { name: "several recipients", args: ["h", "a@b", "c@d", "e@f", "c@d"] },
  { name: "an empty sender and recipient", args: ["h", "", ""] },
  {
    name: "odd characters",
    args: ["-h", "--", "a b@c", "*", "$x", "'\"\\", "a\nb", "--help", "\u20ac"],
  },
];

for (const { name, args } of ARGUMENTS) {
  endToEnd(`\`dk-remote\` hands on ${name}`, async () => {
    await using site = await Site.open();
    const result = await run(site, {}, args);
    const octets = args.map((arg) =>
      String.fromCharCode(...new TextEncoder().encode(arg))
    );
    assertEquals(result.sent!.args, octets);
    assertSent(result, MESSAGE, 2);
  });
}

endToEnd("`dk-remote` hands on addresses that are not UTF-8", async () => {
  await using site = await Site.open();
  const setup =
    `set -- "$@" "$(printf 'z\\351@b')" "$(printf '\\357\\277\\275')"`;
  const result = await run(site, { setup }, ["h", "\u00e9@b", "c@d"]);
  assertEquals(
    result.sent!.args,
    ["h", "\xc3\xa9@b", "c@d", "z\xe9@b", "\xef\xbf\xbd"],
  );
  assertSent(result, MESSAGE, 2);
});

endToEnd(
  "`dk-remote` becomes qmail-remote in its process, and hands on all that it was given",
  async () => {
    await using site = await Site.open();
    const env = { A: "b", DKQUEUE: "/bin/x", PATH: "/nonexistent", Z: "" };
    const setup = `export ODD="$(printf '\\377')"; umask 027; ulimit -S -n 64
exec 3</dev/null 6>&2 2>&1; trap '' HUP
${BEHIND_PARENT}`;
    for (const message of [MESSAGE, LARGE]) {
      const changes = { env: { ...site.env, ...env }, setup, message };
      const { sent: found } = await runRemote({
        ...changes,
        command: [...commandOf("dk-remote"), ...ARGS],
      });
      const { sent: expected } = await runRemote({
        ...changes,
        command: ["/bin/sh", "-c", BECOME, "sh", ...ARGS],
      });
      assertEquals(found!.environ.toSorted(), expected!.environ.toSorted());
      assertEquals(othersOf(found!), othersOf(expected!));
      assertEquals(found!.limits, expected!.limits);
      assertEquals(found!.status.Umask, expected!.status.Umask);
      for (const name of ["SigBlk", "SigIgn"]) {
        assertEquals(signals(found!, name), signals(expected!, name), name);
      }
    }
    const { pid, sent } = await run(site);
    assertEquals(Number(sent!.status.Pid), pid);
  },
);

/** What comes to fake_remote.sh without us. */
const BECOME = 'n=$DKREMOTE; unset DKREMOTE PWD OLDPWD; exec "$n" "$@"';

/** Bit n - 1 stands for signal n; those above 31 are the C library's own. */
function signals({ status }: Sent, name: string): bigint {
  return BigInt(`0x${status[name]}`) & 0x7fffffffn;
}

function othersOf({ fds }: Sent): string[] {
  return [...fds].filter(([fd]) => fd > 0).map(([fd, { access, target }]) =>
    `${fd} ${access} ${target.replace(/^pipe:.*/, "pipe")}`
  );
}

endToEnd("`dk-remote` looks DKREMOTE up in PATH, with its spaces", async () => {
  await using site = await Site.open();
  const script = await site.write("bin/a b", "#!/bin/sh\nprintf 'K%s\\0' $#\n");
  await Deno.chmod(script, 0o755);
  const env = { DKREMOTE: "a b", PATH: `${site.folder}/bin:/bin` };
  assertEquals((await run(site, { env })).report, "K3\0");
});

endToEnd("killed before its end, `dk-remote` has sent nothing", async () => {
  await using site = await Site.open();
  let isOver = false;
  for (let delayMs = 1; !isOver; delayMs *= 1.3) {
    const { code, signal, report, started, sent } = await run(site, {
      message: LARGE,
      onStart: (pid) => setTimeout(() => kill(pid), delayMs),
    });
    isOver = signal === null;
    if (!started) {
      assertEquals([signal, report], ["SIGKILL", ""]);
      assertMatch(rspawnReport({ code, signal }, report), /^Z/);
    }
    if (isOver) assert(sent !== undefined);
  }
});

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    // It has ended.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
