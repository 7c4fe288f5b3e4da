// dk-doctor and the installed programs, through which it sends a message under several limits.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { currentAccount } from "../../scripts/dk_doctor/accounts.ts";
import {
  findLimitedProcesses,
  USUAL_LIMITS,
} from "../../scripts/dk_doctor/limits.ts";
import { runTrial } from "../../scripts/dk_doctor/trial.ts";
import { Installation, pick, pickOne } from "../support/doctor.ts";
import { namesIn } from "../support/dknewkey.ts";

const PASS_ON = '#!/bin/sh\nexec "$@"\n';

Deno.test("`dk-doctor` sends messages under the limits of run scripts", async () => {
  await using site = await Installation.open(["dk-sign"]);
  const run = await site.write(
    "run",
    "#!/bin/sh\n# softlimit -m 1\nexec softlimit -m 20000000 \\\n  tcpserver 0 smtp qmail-smtpd\n",
  );
  const free = await site.write("free/run", "#!/bin/sh\nexec qmail-send\n");
  const findings = await site.examine(["--run", run, "--run", free]);
  assertEquals(
    pick(findings, "run").map(({ status, detail }) => [status, detail]),
    [["ok", "sets softlimit -m 20000000"], ["ok", "sets no limit"]],
  );
  const { status, detail } = pickOne(findings, "program");
  assertEquals(status, "ok", detail);
  assertMatch(
    detail,
    /^can sign for example\.com as \S+ in \d+ ms, under the limits here, softlimit -m 3000000, softlimit -m 30000000, softlimit -m 20000000$/,
  );
});

Deno.test("`dk-doctor` finds a launcher that does not raise the soft limits", async () => {
  await using site = await Installation.open();
  await site.install("dk-sign", ":");
  const finding = pickOne(await site.examine(), "program");
  assertEquals(finding.status, "fail");
  assertEquals(finding.subject, `${site.folder}/bin/dk-sign`);
  assertMatch(
    finding.detail,
    /^cannot sign for example\.com as \S+ under softlimit -m 3000000: (?:died of signal \d+|ended with 127): /,
  );
  assertMatch(finding.advice!, /^install it anew: deno task install; /);
});

Deno.test("`dk-doctor` finds hard limits in a run script that are too low", async () => {
  await using site = await Installation.open(["dk-sign"]);
  const run = await site.write(
    "run",
    "#!/bin/sh\nulimit -v 1000000\nexec softlimit -m 20000000 qmail-smtpd\n",
  );
  const finding = pickOne(await site.examine(["--run", run]), "program");
  assertEquals(finding.status, "fail");
  assertMatch(
    finding.detail,
    / under ulimit -v 1000000 and softlimit -m 20000000: .*; ulimit -H -v is 1000000 KB, 36000000 are needed$/,
  );
  await new Deno.Command("sh", { args: ["-c", finding.advice!] }).output();
  assertEquals(
    await Deno.readTextFile(run),
    "#!/bin/sh\n:\nexec softlimit -m 20000000 qmail-smtpd\n",
  );
});

Deno.test("`dk-doctor` warns of a limit whose number is not in the run script", async () => {
  await using site = await Installation.open();
  const text = 'MEM=$(cat mem)\nexec softlimit -m "$MEM" -o 20 qmail-smtpd\n';
  const run = await site.write("run", text);
  const finding = pickOne(await site.examine(["--run", run]), "run");
  assertEquals(
    [finding.status, finding.subject, finding.detail],
    ["warn", run, 'no number in softlimit -m "$MEM"'],
  );
});

Deno.test("`dk-doctor` fails for a run script that is not there", async () => {
  await using site = await Installation.open();
  const run = `${site.folder}/no/run`;
  const finding = pickOne(await site.examine(["--run", run]), "run");
  assertEquals([finding.status, finding.subject], ["fail", run]);
});

interface BadProgram {
  text: string;
  mode?: number;
  detail: RegExp;
}

const BAD_PROGRAMS: Record<string, BadProgram> = {
  "ends with 0 by itself": {
    text: "#!/bin/sh\ncat >/dev/null\nexit 0\n",
    detail: /: ended with 0 and lost the message: it said nothing$/,
  },
  "adds no signature": {
    text: PASS_ON,
    detail: /the message went on without the field that was to be added$/,
  },
  "cuts the message short": {
    text: '#!/bin/sh\nhead -n 3 | "$@"\n',
    detail: /: ended with 100: dk-doctor: the message did not arrive whole$/,
  },
  "hands on another envelope": {
    text: '#!/bin/sh\n{ echo DKIM-Signature:; cat; } | "$@" 1</etc/passwd\n',
    detail: /: ended with 101: dk-doctor: the envelope did not arrive whole$/,
  },
  "is killed": {
    text: "#!/bin/sh\nkill -KILL $$\n",
    detail: /: died of signal 9: /,
  },
  "executes a runtime that is not there": {
    text: "#!/bin/sh\nexec /nowhere/deno run\n",
    detail: /: ended with 127: .*\/nowhere\/deno/,
  },
  "cannot be executed": {
    text: PASS_ON,
    mode: 0o644,
    detail: /may not execute it: \S+\/dk-sign has mode 0644/,
  },
};
for (
  const [name, { text, mode = 0o755, detail }] of Object.entries(BAD_PROGRAMS)
) {
  Deno.test(`\`dk-doctor\` finds a program that ${name}`, async () => {
    await using site = await Installation.open();
    await site.writeProgram("dk-sign", text, mode);
    const finding = pickOne(await site.examine(), "program");
    assertEquals(finding.status, "fail");
    assertMatch(finding.detail, detail);
    assertMatch(finding.advice!, /\S/);
  });
}

Deno.test("`dk-doctor` shows what a program logs when it fails", async () => {
  await using site = await Installation.open(["dk-sign", "dk-verify"]);
  const env = { DKIMSIGNOPTIONS: "-y" };
  const findings = await site.examine([], env);
  const finding = pickOne(findings, "program", "dk-sign");
  assertEquals(finding.status, "fail");
  assertMatch(
    finding.detail,
    / under the limits here: ended with 55: dk-sign: failed .*Option .*-y.* is unknown" qp=\d+$/,
  );
  assertEquals(finding.advice, "see the lines of key, control and options");
  assertEquals(pickOne(findings, "program", "dk-verify").status, "ok");
});

Deno.test("`dk-doctor` expects no signature where there is no key", async () => {
  await using site = await Installation.open(["dk-sign", "qmail-dk"]);
  await Deno.remove(`${site.folder}/keys/example.com`, { recursive: true });
  const programs = pick(await site.examine(), "program");
  assertEquals(programs.map(({ status }) => status), ["ok", "ok", "ok"]);
  assertMatch(programs[0]!.detail, /^can pass mail on without a key as /);
});

const SIGN = "{ echo 'DKIM-Signature: v=1'; cat; }";
Deno.test("`dk-doctor` sends a message through dk-remote, and reads its report", async () => {
  await using site = await Installation.open();
  const DKREMOTE = await site.write("bin/real", "#!/bin/sh\n", 0o755);
  const good = `#!/bin/sh\n${SIGN} | "$DKREMOTE" "$@"\n`;
  await site.writeProgram("dk-remote", good);
  const finding = pickOne(await site.examine([], { DKREMOTE }), "program");
  assertEquals(finding.status, "ok", finding.detail);
  assertMatch(finding.detail, /^can sign for example\.com as /);

  const bad = "#!/bin/sh\nprintf 'ZCannot read the key\\0'\n";
  await site.writeProgram("dk-remote", bad);
  const failed = pickOne(await site.examine([], { DKREMOTE }), "program");
  assertEquals(failed.status, "fail");
  assertMatch(failed.detail, /: ended with 0: ZCannot read the key$/);
  assertEquals(failed.advice, "see the lines of key, control and options");
});

for (const name of ["dk-remote", "dk-sign"]) {
  Deno.test(`\`dk-doctor\` runs no ${name} that is another program`, async () => {
    await using site = await Installation.open();
    const proof = `${site.folder}/tmp/sent`;
    const path = await site.write(
      `bin/${name}`,
      `#!/bin/sh\ntouch ${proof}\nprintf 'rdk-doctor'\n`,
      0o755,
    );
    const { status, detail, advice } = pickOne(
      await site.examine(),
      "program",
      path,
    );
    assertEquals(status, "fail");
    assertEquals(detail, "is not what was installed, and is not run");
    assertEquals(
      advice,
      `mv -f ${path} ${path}.old && deno task install --prefix ${site.folder}  # where the source is`,
    );
    assertEquals(namesIn(`${site.folder}/tmp`), []);
  });
}

Deno.test("`dk-doctor` blames the limit that no launcher raises", async () => {
  await using site = await Installation.open();
  await site.writeProgram("dk-sign", FEW_FILES);
  const run = await site.write(
    "run",
    "#!/bin/sh\nexec softlimit -m 30000000 -o 11 -d 20000000 qmail-smtpd\n",
  );
  const bad = pickOne(await site.examine(["--run", run]), "program");
  assertEquals(bad.status, "fail");
  assertMatch(bad.detail, /; without softlimit -o 11 it works$/);
  const typed = await new Deno.Command("sh", { args: ["-c", bad.advice!] })
    .output();
  assertEquals(typed.success, true, bad.advice!);
  assertEquals(
    await Deno.readTextFile(run),
    "#!/bin/sh\nexec softlimit -m 30000000 -d 20000000 qmail-smtpd\n",
  );
  const good = pickOne(await site.examine(["--run", run]), "program");
  assertEquals(good.status, "ok", good.detail);
});

/** Works where it may open more files than the run script allows. */
const FEW_FILES = `#!/bin/sh
[ "$(ulimit -S -n)" -gt 11 ] || exit 71
{ echo 'DKIM-Signature: v=1'; cat; } | "$@"
`;

Deno.test("`dk-doctor` sees the hard limits of prlimit in a run script", async () => {
  await using site = await Installation.open(["dk-sign"]);
  const run = await site.write(
    "run",
    "#!/bin/sh\nexec prlimit --as=1000000000 tcpserver 0 25 qmail-smtpd\n",
  );
  const finding = pickOne(await site.examine(["--run", run]), "program");
  assertEquals(finding.status, "fail");
  assertMatch(
    finding.detail,
    / under prlimit --as=1000000000: .*; ulimit -H -v is 976562 KB, 36000000 are needed$/,
  );
  await new Deno.Command("sh", { args: ["-c", finding.advice!] }).output();
  assertEquals(
    await Deno.readTextFile(run),
    "#!/bin/sh\nexec tcpserver 0 25 qmail-smtpd\n",
  );
});

Deno.test("`runTrial()` ends a program that hangs, with all that it started", async () => {
  await using site = await Installation.open();
  const pids = `${site.folder}/tmp/pids`;
  const program = await site.write(
    "bin/hang",
    `#!/bin/sh\nsleep 600 &\necho $! $$ >'${pids}'\nwait\n`,
    0o755,
  );
  const trial = {
    program,
    isRemote: false,
    domain: "example.com",
    expected: "*",
    env: {},
  };
  const limit = USUAL_LIMITS[0]!;
  const account = await currentAccount();
  const { arrived, code } = await runTrial(trial, limit, account, 1);
  assertEquals([arrived, code], [false, 124]);
  for (const pid of (await Deno.readTextFile(pids)).trim().split(" ")) {
    await waitForEnd(pid);
  }
});

/** Waits until a process is no more than an entry that nobody has asked for. */
async function waitForEnd(pid: string): Promise<void> {
  const limitMs = performance.now() + 5000;
  for (;;) {
    const args = ["-o", "stat=", "-p", pid];
    const { stdout } = await new Deno.Command("ps", { args }).output();
    if (/^\s*(?:Z|$)/.test(new TextDecoder().decode(stdout))) return;
    assert(performance.now() < limitMs, `${pid} is still there`);
  }
}

Deno.test("`findLimitedProcesses()` finds the hard limits of what starts our programs", async () => {
  await using site = await Installation.open();
  const limits = (name: string, hard: string) =>
    `Limit                     Soft Limit           Hard Limit           Units     \n` +
    `${name.padEnd(25)} 3000000              ${hard.padEnd(20)} bytes     \n`;
  const add = async (pid: number, name: string, text: string) => {
    await site.write(`proc/${pid}/comm`, `${name}\n`);
    await site.write(`proc/${pid}/limits`, text);
  };
  await add(11, "tcpserver", limits("Max address space", "1000000000"));
  await add(12, "qmail-send", limits("Max data size", "unlimited"));
  await add(13, "bash", limits("Max address space", "1000000000"));
  await add(14, "qmail-rspawn", limits("Max data size", "102400"));
  assertEquals(
    findLimitedProcesses(`${site.folder}/proc`)
      .toSorted((a, b) => Number(a.pid) - Number(b.pid)),
    [
      {
        pid: "11",
        name: "tcpserver",
        detail: "Max address space is 1000000000, 36000000 KB are needed",
      },
      {
        pid: "14",
        name: "qmail-rspawn",
        detail: "Max data size is 102400, 600000 KB are needed",
      },
    ],
  );
});
