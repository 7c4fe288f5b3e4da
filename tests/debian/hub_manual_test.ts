// What qmail-dk(8) says of a hub for many hosts, pasted on a machine with qmail: it signs for the hosts
// that its rules name, and dk-doctor agrees. A stand-in for qmail-qmqpd is mailfront's.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Finding } from "../../scripts/dk_doctor/finding.ts";
import { MAIL } from "../support/mail.ts";
import { ROOT } from "../support/installer.ts";
import { readProject } from "../support/manual.ts";
import { ignoreUnless, pathOf } from "./requirements.ts";
import { NETWORKS } from "./network.ts";
import { QMAIL_MACHINE, QmailMachine } from "./qmail_machine.ts";
import { endToEnd } from "../support/requirements.ts";

const HUB = "10.0.0.1";
/** In the rules, and not in them. */
const [CLIENT, STRANGER] = ["10.0.1.5", "10.0.2.5"];

/** The literal lines of the section, by display. */
function displays(): string[] {
  const page = readProject("filters/qmail-dk.8");
  const [, section = ""] =
    /^\.Ss A hub for many hosts\n([^]*?)^\.S[hs] /m.exec(page) ?? [];
  return [...section.matchAll(/^\.Bd .*\n([^]*?)^\.Ed$|^\.Dl (.*)$/gm)]
    .map(([, block, line]) => (block ?? `${line}\n`).replaceAll("\\e", "\\"));
}

/** What a client sends by QMQP. */
function requestOf(...parts: string[]): string {
  const netstring = (text: string) => `${text.length}:${text},`;
  return netstring(parts.map(netstring).join(""));
}

/** Starts the services in a network of their own, and sends a mail from two addresses. */
const SERVE = `ip link set lo up
for address in ${HUB} ${CLIENT} ${STRANGER}; do ip address add $address/32 dev lo; done
cd /service/dk-resident-smtpd && ./run & resident=$!
cd /service/qmail-qmqpd && ./run & server=$!
trap 'kill $resident $server; wait' EXIT
send() {
  tcpclient -R -H -l 0 -i "$1" ${HUB} 628 sh -c 'cat /tmp/request >&7; echo "$0 is told $(cat <&6)"' "$1"
}
for try in $(seq 300); do
  test -s /var/qmail/resident/smtpd/pid && send ${CLIENT} && break
  sleep 0.1
done
send ${STRANGER}
`;

endToEnd(
  "The commands of qmail-dk(8) make a hub, which signs for its clients alone",
  async () => {
    await using machine = await QmailMachine.open();
    const paste = async (text: string) => {
      const ended = await machine.run(`set -e; cd /\n${text}`);
      assertEquals(ended.code, 0, text + ended.stdout + ended.stderr);
      return ended;
    };
    const run = `${Deno.execPath()} run -A --config ${ROOT}deno.json`;
    await paste(`${run} ${ROOT}scripts/install/main.ts --resident
mkdir -p /etc/domainkeys/example.com
/var/qmail/bin/dknewkey --domain example.com /etc/domainkeys/example.com/default`);
    await machine.write(
      "/var/qmail/bin/qmail-qmqpd",
      `#!/bin/sh\nQMAILHOME=/var/qmail exec ${pathOf("qmqpfront-qmail")}\n`,
      0o755,
    );
    const [hub, keys, qmail, nullmailer, ...others] = displays();
    assertEquals(others, []);
    await paste(hub!);
    // To the same machine: what is sent is unpacked over what is there.
    const before = await paste("ls -lRn /etc/domainkeys");
    await paste(`ssh() { test "$1" = 10.0.0.2; shift; "$@"; }\n${keys}`);
    assertEquals(await paste("ls -lRn /etc/domainkeys"), before);

    await machine.write(
      "/tmp/request",
      requestOf(MAIL, "ann@example.com", "bob@example.net"),
    );
    const { stdout, stderr } = await machine.run(
      'exec unshare -n sh -c "$SERVE"',
      { SERVE },
    );
    const said = stdout + stderr;
    assertMatch(said, /^10\.0\.1\.5 is told \d+:K/m);
    assertMatch(said, /^10\.0\.2\.5 is told $/m);
    assertEquals(
      said.match(/^dk-sign: signed d=example\.com s=default/gm)?.length,
      1,
      said,
    );
    assert(
      /^dk_mails_total.*answer="queue".* 1$/m.test(
        (await machine.run("cat /var/qmail/resident/smtpd/metrics.prom"))
          .stdout,
      ),
      said,
    );

    const { stdout: json } = await machine.run(
      "cd / && exec /var/qmail/bin/dk-doctor --json",
    );
    const findings = JSON.parse(json) as Finding[];
    const rules = findings.filter(({ check, subject }) =>
      check === "rules" && subject.endsWith("/run")
    );
    assertEquals(rules.map(({ detail }) => detail), [
      `takes mail by QMQP from 10.0.1. alone`,
    ]);
    // Nothing runs now, and the zone is empty.
    const bad = findings.filter(({ status }) => status === "fail");
    assertEquals(
      bad.filter(({ check }) => !["resident", "record", "dns"].includes(check)),
      [],
    );

    // On its clients. What qmail-qmqpc makes of it, nothing here can say.
    await paste(`mkdir /etc/nullmailer\n${qmail}${nullmailer}`);
    const files = await paste(
      "cat /var/qmail/control/qmqpservers /etc/nullmailer/remotes; readlink /var/qmail/bin/qmail-queue",
    );
    assertEquals(
      files.stdout,
      "10.0.0.1\n10.0.0.2\n10.0.0.1 qmqp\n10.0.0.2 qmqp\nqmail-qmqpc\n",
    );
  },
  QMAIL_MACHINE,
  NETWORKS,
  ignoreUnless("tcpserver", "tcpclient", "qmqpfront-qmail", "setuidgid"),
);
