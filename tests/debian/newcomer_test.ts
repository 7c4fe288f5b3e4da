// The README alone, on a machine with qmail: each line of its quick start is pasted, and then mail is
// signed for relay clients, by dk-remote and for bounces, and dk-doctor finds nothing wrong. Then
// everything that dk-doctor knows is broken, its remedy is pasted, and mail passes again.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Finding } from "../../scripts/dk_doctor/finding.ts";
import { parseZoneLine } from "../support/dknewkey.ts";
import { QMAIL_MACHINE, QmailMachine } from "./qmail_machine.ts";
import { readProject } from "../support/manual.ts";
import { copyProject, Folder } from "../support/installer.ts";
import { FAULTS } from "./faults_of_a_site.ts";

const MAIL = `From: Ann <ann@example.com>
To: bob@example.net
Subject: To a neighbour
Date: Thu, 26 Nov 2026 12:00:00 +0000
Message-ID: <1@example.com>

Hello.
`;
const BOUNCE = MAIL.replace("Ann <ann@", "MAILER-DAEMON <mailer-daemon@");
const FROM_OUTSIDE = MAIL.replaceAll("ann@example.com", "eve@example.org");

const SIGNED = /^qmail-dk: signed d=example\.com s=default a=rsa-sha256 /m;
const SENT =
  /^rDKIM-Signature: v=1; a=rsa-sha256;[^]* d=example\.com;\s+s=default;[^]*Kaccepted/;

const UNIT = `[Service]
ExecStart=/var/qmail/bin/qmail-start ./Maildir/ splogger qmail
Environment=PATH=/var/qmail/lib/dk-remote:/var/qmail/bin:\${PATH}
Environment=QMAILREMOTE=/var/qmail/bin/dk_remote
Restart=always
`;

/** The indented blocks of a part of the README, each with the line of prose before it. */
function blocksOf(
  from: string,
  to: string,
): { before: string; text: string }[] {
  const readme = readProject("README.md");
  const part = readme.slice(readme.indexOf(from), readme.indexOf(to));
  return part.split(/\n\n(?! {4})/).flatMap((piece) => {
    const [, prose = "", code = ""] =
      /^((?:(?! {4}).*\n)*)\n?((?: {4}.*\n?|\n)+)$/
        .exec(piece) ?? [];
    return code === "" ? [] : [{
      before: prose.trim().split("\n").at(-1)!,
      text: code.replace(/^ {4}/gm, ""),
    }];
  });
}

async function makeRepository(folder: string): Promise<string> {
  const root = await copyProject(folder, "9.9.9");
  const git = "git -c user.name=t -c user.email=t@example.com";
  const { success, stderr } = await new Deno.Command("/bin/sh", {
    args: [
      "-ec",
      `git init -q .; git add .; ${git} commit -qm all; chmod -R a+rX .`,
    ],
    cwd: root,
    stdout: "null",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return root;
}

async function doctor(machine: QmailMachine): Promise<Finding[]> {
  const { stdout, stderr } = await machine.run(
    "cd / && exec /var/qmail/bin/dk-doctor --json",
  );
  assert(stdout.startsWith("["), stderr);
  return JSON.parse(stdout);
}

/** All four ways that mail takes. */
async function checkMail(machine: QmailMachine): Promise<void> {
  for (const client of ["10.1.2.3", "127.0.0.1"]) {
    const { code, stderr } = await machine.takeIn(MAIL, client);
    assertMatch(stderr, SIGNED);
    assertEquals(code, 0, stderr);
  }
  const outside = await machine.takeIn(FROM_OUTSIDE, "192.0.2.1");
  assertMatch(outside.stderr, /^qmail-dk: verified .*dkim=none/m);
  assertEquals(outside.code, 0);
  const sent = await machine.sendOut(MAIL, "ann@example.com");
  assertMatch(sent.stdout, SENT);
  const bounced = await machine.sendOut(BOUNCE, "");
  assertMatch(bounced.stdout, SENT);
}

/** Does what a line of a zone says. */
function publish(machine: QmailMachine, line: string): void {
  const { name, text } = parseZoneLine(line);
  machine.zone[name.replace(/\.$/, "")] = [text];
}

/** Pastes the quick start, and publishes the record that it prints. */
async function followReadme(machine: QmailMachine, folder: string) {
  const env = { REPOSITORY: await makeRepository(folder) };
  const blocks = blocksOf("On a qmail, netqmail", "In a shell, to see");
  assertEquals(blocks.length, 4);
  await machine.run("mkdir -p /root/new /etc/tinydns/root");
  for (const { before, text } of blocks) {
    if (before === "which makes of its lines") {
      const { stdout } = await machine.run("cat /etc/tcp.smtp");
      assertEquals(stdout, text.trimEnd() + "\n");
      continue;
    }
    const ended = await machine.run(`set -e; cd /root/new\n${text}`, env);
    assertEquals(ended.code, 0, text + ended.stdout + ended.stderr);
    const [record] = /^default\._domainkey\.\S+\tIN.*\n/m.exec(ended.stdout) ??
      [];
    if (record === undefined) continue;
    publish(machine, record);
  }
  // As filters/DMARC.md has them: else dk-doctor warns.
  machine.zone["example.com"] = ["v=spf1 mx -all"];
  machine.zone["_dmarc.example.com"] = ["v=DMARC1; p=none"];
  const { stdout } = await machine.run("cat /etc/tinydns/root/data");
  assertMatch(stdout, /^'default\._domainkey\.example\.com:v=DKIM1; k=rsa; p=/);
}

Deno.test({
  name:
    "The README leads to signed mail, and each remedy of dk-doctor back to it" +
    ("missing" in QMAIL_MACHINE ? ` (ignored: ${QMAIL_MACHINE.missing})` : ""),
  ignore: "missing" in QMAIL_MACHINE,
  async fn(t) {
    await using folder = await Folder.make();
    await using machine = await QmailMachine.open();
    const step = async (name: string, fn: () => Promise<void>) => {
      assert(await t.step(name, fn), name);
    };
    await step(
      "each line of the quick start",
      () => followReadme(machine, folder.path),
    );
    await step(
      "mail is signed, and dk-doctor finds nothing wrong",
      async () => {
        await checkMail(machine);
        const findings = await doctor(machine);
        const runs = findings.filter(({ check }) => check === "run");
        assertEquals(runs.map(({ subject }) => subject).toSorted(), [
          "/service/qmail-send/run",
          "/service/qmail-smtpd/run",
        ]);
        const bad = findings.filter(({ status }) => status !== "ok");
        assertEquals(bad, []);
      },
    );
    for (const [name, fault] of Object.entries(FAULTS)) {
      await step(
        `${name}: found, put right by what is said, and mail passes`,
        async () => {
          const spoilt = await machine.run(`set -e; cd /\n${fault.spoil}`);
          assertEquals(spoilt.code, 0, spoilt.stderr);
          let rounds = 0;
          for (;; rounds++) {
            const findings = await doctor(machine);
            const bad = findings.filter(({ status }) => status !== "ok");
            if (rounds === 0) {
              const found = bad.find(({ check, subject, detail }) =>
                check === fault.check &&
                fault.says.test(`${subject}: ${detail}`)
              );
              assert(found, JSON.stringify(bad, null, 1));
              assertEquals(found?.status, fault.status ?? "fail");
            }
            const [first] = bad;
            if (first === undefined) break;
            assert(rounds < 4, JSON.stringify(bad, null, 1));
            const remedy = fault.remedy ?? first.advice!;
            const [, record] = /^publish: (.+)$/.exec(remedy) ?? [];
            if (record !== undefined) {
              publish(machine, `${record}\n`);
              continue;
            }
            const typed = await machine.run(
              `set -e; cd /root/new/qmail-dk\nPATH=$PATH:/usr/local/bin\ndeno() { npx -y deno "$@"; }\n${remedy}`,
            );
            assertEquals(typed.code, 0, remedy + typed.stderr);
          }
          assert(rounds > 0);
          await checkMail(machine);
        },
      );
    }
    await step("a unit of systemd is read as a run script is", async () => {
      const unit = "/etc/systemd/system/qmail-send.service";
      await machine.write(unit, UNIT);
      const bad = (await doctor(machine)).filter(({ status }) =>
        status !== "ok"
      );
      assertEquals(bad.map(({ subject }) => subject), [
        "QMAILREMOTE=/var/qmail/bin/dk_remote",
      ]);
      assert(bad[0]!.advice?.includes(` ${unit} `), bad[0]!.advice!);
      await machine.run(`sed -i /QMAILREMOTE/d ${unit}`);
      const good = await doctor(machine);
      assertEquals(good.filter(({ status }) => status !== "ok"), []);
      assert(
        good.some(({ subject, detail }) =>
          subject === unit && / sign what leaves$/.test(detail)
        ),
      );
    });
    await step(
      "what is in use is not removed, and is, once that is undone",
      async () => {
        const uninstall =
          "cd /root/new/qmail-dk && npx -y deno@2.9.6 task install --uninstall";
        const refused = await machine.run(uninstall);
        assertEquals(refused.code, 1);
        for (
          const place of [
            "/etc/tcp.smtp: 10.: QMAILQUEUE=/var/qmail/bin/qmail-dk\n",
            "/etc/tcp.smtp.cdb: all others: QMAILQUEUE=",
            "/var/qmail/rc: PATH=/var/qmail/lib/dk-remote:",
            "/service/qmail-qmtpd/env/QMAILQUEUE: QMAILQUEUE=",
            "/etc/systemd/system/qmail-send.service: PATH=",
          ]
        ) assert(refused.stderr.includes(place), refused.stderr);
        await machine.run(`rm /service/qmail-qmtpd/env/QMAILQUEUE
rm /etc/systemd/system/qmail-send.service
sed -i 's|,QMAILQUEUE=.*||' /etc/tcp.smtp
tcprules /etc/tcp.smtp.cdb /etc/tcp.smtp.tmp </etc/tcp.smtp
sed -i -E 's|/var/qmail/lib/dk-remote:||;s|QMAILREMOTE=[^ ]*||' /var/qmail/rc`);
        const removed = await machine.run(uninstall);
        assertEquals(removed.code, 0, removed.stderr);
        const { stdout } = await machine.sendOut(MAIL, "ann@example.com");
        assertEquals(stdout, `r${MAIL}\0Kaccepted\n\0`);
      },
    );
  },
});
