// A mail by way of the resident process has the result of one that goes without it: the same file,
// codes, texts and log lines. Whatever the process cannot do, the launcher does by itself.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import { addedFields, fieldsOf, MAIL, toBytes } from "../support/mail.ts";
import { makeEnvelope, runFilter } from "../support/queue.ts";
import { runRemote } from "../support/remote.ts";
import { endToEnd } from "../support/requirements.ts";
import { type Program, Resident } from "../support/resident.ts";
import { Site } from "../support/site.ts";
import { verifyDkim } from "../support/verifiers.ts";

const MESSAGE = toBytes(MAIL);
const SIGNED = ["DKIM-Signature", "DomainKey-Signature"];

endToEnd("The process signs, and the next program has the file", async () => {
  await using site = await Site.open();
  await using resident = await Resident.open();
  const command = await resident.launcherOf("dk-sign");
  const result = await runFilter({ command, message: MESSAGE, env: site.env });
  const fields = fieldsOf(MESSAGE, result);
  assertEquals(fields.map(({ name }) => name), SIGNED);
  assertEquals(verifyDkim(result.queued!.message, site.records), [
    "default._domainkey.example.com pass",
  ]);
  assertMatch(result.stderr, new RegExp(` qp=${result.pid}\n$`));
  assertEquals(result.queued!.pid, result.pid);
  await resident.emptied();
  assertEquals(await resident.answers(), { queue: 1 });
});

endToEnd("The process verifies, and leaves the envelope whole", async () => {
  await using site = await Site.open();
  await using resident = await Resident.open();
  await using dns = startDnsServer(
    Object.fromEntries([...site.records].map(([k, v]) => [k, [v]])),
  );
  const sign = await resident.launcherOf("dk-sign");
  const signed = await runFilter({
    command: sign,
    message: MESSAGE,
    env: site.env,
  });
  const message = signed.queued!.message;
  const command = await resident.launcherOf("dk-verify");
  const result = await runFilter({
    command,
    message,
    env: { ...site.env, DKVERIFY: "DEGIJKfh", DNSCACHEIP: dns.address },
  });
  const [field] = fieldsOf(message, result);
  assertEquals(field!.name, "Authentication-Results");
  assertMatch(field!.raw, /dkim=pass/);
  assertEquals(
    new TextDecoder().decode(result.queued!.envelope),
    "Fa@example.com\0Tb@example.net\0\0",
  );
  assertEquals(await resident.answers(), { queue: 2 });
});

/** What a bad body is refused with, when a site asks for it. */
const BAD = MAIL.replace(
  "\n\n",
  "\nDKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=default;\n\th=from; bh=AAAA; b=AAAA\n\n",
);

for (const program of ["dk-verify", "qmail-dk"] as Program[]) {
  endToEnd(
    `\`${program}\` refuses by the process as one-shot, with and without ERROR_FD`,
    async () => {
      await using site = await Site.open();
      await using resident = await Resident.open();
      await using dns = startDnsServer({});
      const command = await resident.launcherOf(program);
      const run = (errorFd: number | undefined, folder?: string) =>
        runFilter({
          command,
          message: toBytes(BAD),
          env: {
            DKVERIFY: "ABCDEFGHIJKL",
            DNSCACHEIP: dns.address,
            TMPDIR: site.env.TMPDIR!,
            ...folder === undefined ? {} : { DKRESIDENT: folder },
            ...errorFd === undefined ? {} : { ERROR_FD: `${errorFd}` },
          },
          ...errorFd === undefined ? {} : { errorFd },
        });
      for (const errorFd of [undefined, 6]) {
        const warm = await run(errorFd);
        const cold = await run(errorFd, "");
        const withoutPid = (text: string) =>
          text.replace(/ (?:qp|dns_ms)=\d+/g, "");
        assertEquals(
          [warm.code, warm.errorText, withoutPid(warm.stderr), warm.reached],
          [cold.code, cold.errorText, withoutPid(cold.stderr), cold.reached],
        );
        assertEquals(warm.code, errorFd === undefined ? 31 : 82);
        assertEquals(warm.reached, false);
      }
      await resident.emptied();
      assertEquals(await resident.answers(), { "exit 31": 2 });
    },
  );
}

endToEnd(
  "A key that cannot be used is refused with 55, as one-shot",
  async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    await site.write("keys/example.com/default", "no key");
    const command = await resident.launcherOf("dk-sign");
    const run = (env: Record<string, string>) =>
      runFilter({ command, message: MESSAGE, env: { ...site.env, ...env } });
    const warm = await run({});
    const cold = await run({ DKRESIDENT: "" });
    assertEquals([warm.code, warm.reached], [55, false]);
    assertEquals(
      warm.stderr.replace(/ (?:qp|dns_ms)=\d+/g, ""),
      cold.stderr.replace(/ (?:qp|dns_ms)=\d+/g, ""),
    );
    assertEquals(await resident.answers(), { "exit 55": 1 });
  },
);

endToEnd("A key that is replaced signs the next mail", async () => {
  await using site = await Site.open();
  await using resident = await Resident.open();
  const command = await resident.launcherOf("dk-sign");
  for (const isReplaced of [false, true]) {
    if (isReplaced) {
      const { makeRsaKey } = await import("../support/site.ts");
      await site.addKey("example.com", "default", makeRsaKey(1024));
    }
    const result = await runFilter({
      command,
      message: MESSAGE,
      env: site.env,
    });
    assertEquals(verifyDkim(result.queued!.message, site.records), [
      "default._domainkey.example.com pass",
    ]);
  }
  assertEquals(await resident.answers(), { queue: 2 });
});

endToEnd(
  "`dk-remote` signs by the process, and reports what fails",
  async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    const command = [
      ...await resident.launcherOf("dk-remote"),
      ...["example.net", "ann@example.com", "bob@example.net"],
    ];
    const good = await runRemote({ command, message: MESSAGE, env: site.env });
    assertEquals([good.code, good.report], [0, "rfine\0Kaccepted\n\0"]);
    assertEquals(
      addedFields(MESSAGE, good.sent!.message).map(({ name }) => name),
      SIGNED,
    );
    assertEquals(good.sent!.args, command.slice(1));
    await site.write("keys/example.com/default", "no key");
    const bad = await runRemote({ command, message: MESSAGE, env: site.env });
    assertEquals([bad.code, bad.started, bad.stderr], [0, false, ""]);
    assertMatch(bad.report, /^Zdk-remote: .* \(#4\.3\.0\)\n\0$/);
    await resident.emptied();
    assertEquals(await resident.answers(), { queue: 1, report: 1 });
  },
);

/** Why a launcher does all by itself, and what the process counted. */
const BY_ITSELF: [
  name: string,
  prepare: (resident: Resident) => Promise<unknown>,
  env: (site: Site) => Record<string, string>,
  answers: Record<string, number>,
][] = [
  [
    "there is no process",
    (resident) => resident.kill("SIGTERM"),
    () => ({}),
    {},
  ],
  ["the process was killed", (resident) => resident.kill(), () => ({}), {}],
  [
    "the number of the killed process is another process's",
    async (resident) => {
      await resident.kill();
      await Deno.writeTextFile(`${resident.slots}/pid`, `${Deno.pid}\n`);
    },
    () => ({}),
    {},
  ],
  [
    "DKRESIDENT is empty",
    () => Promise.resolve(),
    () => ({ DKRESIDENT: "" }),
    {},
  ],
  [
    "DKRESIDENT names no folder",
    () => Promise.resolve(),
    () => ({ DKRESIDENT: "/nonexistent" }),
    {},
  ],
  [
    "every slot is taken",
    async (resident) => {
      for (let n = 0; n < 64; n++) {
        await Deno.writeTextFile(`${resident.slots}/env.${n}`, `${Deno.pid}\n`);
      }
    },
    () => ({}),
    {},
  ],
];

for (const [name, prepare, env, answers] of BY_ITSELF) {
  endToEnd(`A launcher works by itself when ${name}`, async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    const command = await resident.launcherOf("dk-sign");
    await prepare(resident);
    const result = await runFilter({
      command,
      message: MESSAGE,
      env: { ...site.env, ...env(site) },
    });
    assertEquals(fieldsOf(MESSAGE, result).map(({ name }) => name), SIGNED);
    if (name.includes("process")) return;
    for (let n = 0; n < 64; n++) {
      await Deno.remove(`${resident.slots}/env.${n}`).catch(() => {});
    }
    const counts = await resident.counts();
    assertEquals(counts["dk_no_slot_total"], name.includes("slot") ? 1 : 0);
    assertEquals(await resident.answers(), answers);
  });
}

endToEnd("A launcher works by itself when fd 0 does not wait", async () => {
  await using site = await Site.open();
  await using resident = await Resident.open();
  const command = await resident.launcherOf("dk-sign");
  const run = { command, message: MESSAGE, env: site.env };
  const result = await runFilter({ ...run, nonblocking: true });
  assertEquals(fieldsOf(MESSAGE, result).map(({ name }) => name), SIGNED);
  for (const setup of ["exec 0<&-", "exec 1>&-"]) {
    const closed = await runFilter({ ...run, setup });
    assertEquals([closed.code, closed.reached], [54, false], setup);
  }
  assertEquals(await resident.answers(), {});
});

endToEnd(
  "A bare CR is refused under DKBARECR=reject, but for a bounce of our own",
  async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    const command = await resident.launcherOf("dk-sign");
    const message = toBytes(`${MAIL}a\rb\n`);
    const codes: number[] = [];
    for (const sender of ["ann@example.com", ""]) {
      const { code } = await runFilter({
        command,
        message,
        envelope: makeEnvelope(sender, ["bob@example.net"]),
        env: { ...site.env, DKBARECR: "reject" },
      });
      codes.push(code);
    }
    assertEquals(codes, [31, 0]);
    await resident.emptied();
    // The sender is in the envelope, which is the launcher's.
    assertEquals(await resident.answers(), { again: 2 });
  },
);

endToEnd("A relative path of a key is the launcher's to find", async () => {
  await using site = await Site.open();
  await using resident = await Resident.open();
  const command = await resident.launcherOf("dk-sign");
  const result = await runFilter({
    command,
    message: MESSAGE,
    cwd: site.folder,
    env: { ...site.env, DKSIGN: "keys/%/default" },
  });
  assertEquals(fieldsOf(MESSAGE, result).map(({ name }) => name), SIGNED);
  await resident.emptied();
  assertEquals(await resident.answers(), { again: 1 });
});

endToEnd(
  "A chain that leads back to its launcher ends, also when it works by itself",
  async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    const command = await resident.launcherOf("dk-sign");
    const wrapper = await site.write(
      "wrapper",
      `#!/bin/sh\necho started >&2\nexec ${command} "$0"\n`,
    );
    await Deno.chmod(wrapper, 0o755);
    for (const DKSIGN of [site.env.DKSIGN!, "keys/%/default"]) {
      const result = await runFilter({
        command: [...command, wrapper],
        next: "none",
        message: MESSAGE,
        cwd: site.folder,
        env: { ...site.env, DKSIGN },
        timeoutMs: 120_000,
      });
      assertEquals(result.code, 120, result.stderr);
      const starts = result.stderr.match(/^started$/gm)!.length;
      assert(starts >= 6 && starts <= 12, result.stderr);
    }
  },
);

endToEnd("Descriptors and environment are the caller's own", async () => {
  await using site = await Site.open();
  await using resident = await Resident.open();
  const command = await resident.launcherOf("dk-sign");
  const env = { ...site.env, HOME: "/h", DENO_DIR: "/d", EMPTY: "", A: "a\nb" };
  const result = await runFilter({
    command,
    message: MESSAGE,
    env,
    setup: `exec 6>${site.folder}/six; ulimit -S -n 100; umask 027`,
  });
  fieldsOf(MESSAGE, result);
  const { environ, fds, limits, status } = result.queued!;
  const names = new Set(["PWD", "OLDPWD", "SHLVL", "_"]);
  assertEquals(
    environ.filter((entry) => !names.has(entry.split("=")[0]!)).sort(),
    Object.entries(env).map(([name, value]) => `${name}=${value}`).sort(),
  );
  // 10 and above is what fake_queue.sh is read from.
  assertEquals([...fds.keys()].filter((fd) => fd < 10).sort(), [0, 1, 2, 6]);
  assertMatch(JSON.stringify(limits), /100/);
  assertEquals(JSON.stringify(status).includes("0027"), true);
  assertEquals(await resident.answers(), { queue: 1 });
});

endToEnd("A log that nobody reads stops no mail", async () => {
  await using site = await Site.open();
  await using resident = await Resident.open();
  const command = await resident.launcherOf("dk-sign");
  const pipe = `${site.folder}/log`;
  const result = await runFilter({
    command,
    message: MESSAGE,
    env: site.env,
    // A pipe whose reader has gone.
    setup:
      `/usr/bin/mkfifo ${pipe}; exec 9<>${pipe}; exec 2>${pipe}; exec 9>&-`,
  });
  assertEquals([result.code, result.signal], [0, null]);
  assertEquals(
    addedFields(MESSAGE, result.queued!.message).map(({ name }) => name),
    SIGNED,
  );
  // SIGPIPE is the next program's as it was the caller's.
  assertEquals(BigInt(`0x${result.queued!.status.SigIgn}`) & (1n << 12n), 0n);
  assertEquals(await resident.answers(), { queue: 1 });
});

endToEnd(
  "A key whose numbers do not belong together signs nothing",
  async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    const path = `${site.folder}/keys/example.com/default`;
    const lines = (await Deno.readTextFile(path)).split("\n");
    const command = await resident.launcherOf("dk-sign");
    // Of its modulus, of its exponent, of a prime.
    for (const line of [3, 6, 9]) {
      const pem = lines.with(line, "AAAA".repeat(16)).join("\n");
      await Deno.writeTextFile(path, pem);
      const result = await runFilter({
        command,
        message: MESSAGE,
        env: site.env,
      });
      assertEquals([result.code, result.reached], [55, false], `line ${line}`);
    }
    assertEquals(await resident.answers(), { "exit 55": 3 });
  },
);
