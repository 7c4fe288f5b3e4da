// Installed programs as qmail's run scripts start them: as a user without a home, under softlimit,
// in an environment and a folder that offer nothing. The next program finds what the caller gave.

import { assertEquals, assertMatch } from "@std/assert";
import { splitResults } from "../support/split_results.ts";
import {
  equalBytes,
  largeMail,
  MAIL,
  toBytes,
  toText,
} from "../support/mail.ts";
import { endToEnd, SIGNALS_BLOCKED } from "../support/requirements.ts";
import type { Queued } from "../support/queued.ts";
import { BareHost, ENVELOPE, type Surroundings } from "./bare_host.ts";
import {
  ignoreUnlessInstallable,
  installedPrograms,
  type Kind,
  KINDS,
} from "./installed_programs.ts";
import { ignoreUnless, ROOT } from "./requirements.ts";

const NEEDS = [ROOT, ignoreUnless("setuidgid", "softlimit"), SIGNALS_BLOCKED];

const SIGCHLD = ["env", "--block-signal=CHLD"];

/** `DIR` stands for the folder of the host; programs of words are looked for in /bin and /usr/bin. */
const ROWS: (Surroundings & { name: string })[] = [
  { name: "in /", setup: "cd /" },
  { name: "in a folder that it may not read", setup: "cd locked" },
  ...[3_000_000, 30_000_000].map((bytes) => ({
    name: `under softlimit -m ${bytes}`,
    words: ["softlimit", "-m", `${bytes}`],
  })),
  {
    name: "under softlimit -a, -c, -f, -o and -p",
    words: [
      ...["softlimit", "-a", "8000000", "-c", "0"],
      ...["-f", "100000000", "-o", "64", "-p", "4000"],
    ],
  },
  { name: "with 64 open files", setup: "ulimit -n 64" },
  { name: "with SIGCHLD blocked", words: SIGCHLD },
  { name: "without fd 2", setup: "exec 2>&-" },
  { name: "with a HOME that is not there", env: { HOME: "/nonexistent" } },
  {
    name: "with a DENO_DIR that is not there",
    env: { DENO_DIR: "/nonexistent" },
  },
  {
    name: "with a DENO_DIR that it may not write",
    env: { DENO_DIR: "DIR/deno" },
  },
  {
    name: "with all of that together",
    words: ["softlimit", "-m", "3000000", ...SIGCHLD],
    setup: "cd locked; ulimit -n 64; exec 2>&-; umask 077",
    env: { HOME: "/nonexistent", DENO_DIR: "DIR/deno", NO_COLOR: "" },
  },
];

const MESSAGES = [
  { size: "a small message", message: toBytes(MAIL) },
  { size: "a message of 6 MB", message: largeMail(6e6) },
];

for (const kind of KINDS) {
  const isInstallable = await ignoreUnlessInstallable(kind);
  for (const { name, ...surroundings } of ROWS) {
    endToEnd(
      `\`dk-sign\` and \`dk-verify\`, ${kind}, work as qmaild ${name}`,
      async () => {
        await using host = await BareHost.open();
        const around = {
          ...surroundings,
          env: Object.fromEntries(
            Object.entries(surroundings.env ?? {}).map(([name, value]) =>
              [name, value.replace("DIR", host.folder)] as const
            ),
          ),
        };
        for (const { message } of MESSAGES) {
          await testWay(host, kind, message, around);
        }
        assertEquals(await host.temporaryFiles(), []);
      },
      isInstallable,
      ...NEEDS,
    );
  }
}

/** Signs, verifies, and looks at what the next program found. */
async function testWay(
  host: BareHost,
  kind: Kind,
  message: Uint8Array,
  around: Surroundings,
): Promise<void> {
  const programs = await installedPrograms(kind);
  const { queued: expected } = await host.run(undefined, message, around);

  const signed = await host.run(`${programs}/dk-sign`, message, around);
  assertEquals(signed.code, 0, signed.stderr);
  const fields = newFields(signed.queued!, message);
  assertMatch(fields, /^DKIM-Signature: [^]*\nDomainKey-Signature: [^]*\n$/);
  assertEquals(surroundingsOf(signed.queued!), surroundingsOf(expected!));

  const out = signed.queued!.message;
  const verified = await host.run(`${programs}/dk-verify`, out, around);
  assertEquals(verified.code, 0, verified.stderr);
  const results = splitResults(newFields(verified.queued!, out));
  assertEquals(results.map((text) => text.split(" ")[0]), [
    "mx.example.net",
    "domainkeys=pass",
    "dkim=pass",
  ]);
  assertEquals(surroundingsOf(verified.queued!), surroundingsOf(expected!));
}

/** What is on top of a message that came through with its envelope. */
function newFields({ message, envelope }: Queued, came: Uint8Array): string {
  assertEquals(envelope, ENVELOPE);
  const length = message.length - came.length;
  assertEquals(equalBytes(message.subarray(length), came), true);
  return toText(message.subarray(0, length));
}

/** All that the next program may see of us. */
function surroundingsOf({ environ, limits, status, cwd, fds }: Queued) {
  // The runtime opens it where nothing is.
  const standardError = { access: "rw", target: "/dev/null" };
  const { Uid, Gid, Groups, Umask } = status;
  return {
    environ,
    limits: Object.entries(limits).map((
      [name, { soft, hard }],
    ) => [name, roundLimit(soft), hard]),
    cwd,
    status: { Uid, Gid, Groups, Umask },
    // Bit n - 1 stands for signal n; those above 31 are the C library's own.
    signals: ["SigBlk", "SigIgn"].map((name) =>
      Number(BigInt(`0x${status[name]}`) & 0x7fffffffn)
    ),
    // Pipes have numbers.
    fds: [...new Map([[2, standardError], ...fds])]
      .filter(([fd]) => fd > 1).map(([fd, { access, target }]) =>
        `${fd} ${access} ${target.replace(/^pipe:.*/, "pipe")}`
      ),
  };
}

/** The shell of the launcher, which says what the limits were, counts in KiB. */
function roundLimit(bytes: string): string {
  return /^\d{6,}$/.test(bytes) ? `${Math.floor(+bytes / 1024)} KiB` : bytes;
}
