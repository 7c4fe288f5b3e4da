// Who may hand mail to a hub, as dk-doctor sees it in run scripts and rules.

import { assertEquals, assertMatch } from "@std/assert";
import { checkQmqp } from "../../scripts/dk_doctor/qmqp_check.ts";
import { parseRules } from "../../scripts/site/rules.ts";
import { parseRunScript } from "../../scripts/site/run_script.ts";
import type { RulesFile } from "../../scripts/site/services.ts";
import { ignoreUnless } from "../debian/requirements.ts";
import { Installation, pickOne } from "../support/doctor.ts";
import { endToEnd } from "../support/requirements.ts";

const RUN = "/service/qmail-qmqpd/run";
const RULES = "/etc/tcp.qmqp";
const WITH_RULES = `tcpserver -x ${RULES}.cdb`;

function check(command: string, rules?: string) {
  const script = parseRunScript(RUN, `#!/bin/sh\nexec ${command}\n`);
  const file: RulesFile = {
    path: RULES,
    cdbPath: `${RULES}.cdb`,
    text: rules === undefined ? undefined : parseRules(rules),
    cdb: undefined,
    troubles: [],
    isNamed: true,
  };
  return checkQmqp([script], [file]);
}

const OPEN = /^takes mail by QMQP from everybody who reaches (\S+): relays it/;

/** Command, rules, and what is said. */
const ROWS: Record<
  string,
  [string, string | undefined, string | undefined, RegExp?]
> = {
  "two networks and a deny": [
    `${WITH_RULES} 0 628 /var/qmail/bin/qmail-qmqpd`,
    '10.0.1.:allow,RELAYCLIENT=""\n192.0.2.7:allow\n:deny\n',
    "ok",
    /^takes mail by QMQP from 10\.0\.1\., 192\.0\.2\.7 alone$/,
  ],
  "a deny alone": [
    `${WITH_RULES} 0 628 qmail-qmqpd`,
    ":deny\n",
    "ok",
    /from nobody$/,
  ],
  "no line for all others": [
    `${WITH_RULES} 0 628 qmqpfront-qmail`,
    "10.0.1.:allow\n",
    "fail",
    OPEN,
  ],
  "an allow for all others": [
    `${WITH_RULES} 0 qmqp qmqpfront-qmail`,
    "10.0.1.:deny\n:allow\n",
    "fail",
    OPEN,
  ],
  "no rules": ["tcpserver -v 0 628 qmail-qmqpd", undefined, "fail", OPEN],
  "mailfront by its own name": [
    "sslserver 192.0.2.1 628 mailfront qmqp qmail",
    undefined,
    "fail",
    /reaches 192\.0\.2\.1: /,
  ],
  "an address that only a shell knows": [
    'tcpserver "$IP" 628 qmail-qmqpd',
    undefined,
    "fail",
    /reaches \$IP: /,
  ],
  "a private address": [
    "tcpserver 172.16.0.1 628 qmail-qmqpd",
    undefined,
    "warn",
    /reaches 172\.16\.0\.1: /,
  ],
  "an address that is nearly private": [
    "tcpserver 172.32.0.1 628 qmail-qmqpd",
    undefined,
    "fail",
  ],
  "loopback": ["tcpserver 127.0.0.1 628 qmail-qmqpd", undefined, "ok"],
  "rules that are not there": [
    `${WITH_RULES} 0 628 qmail-qmqpd`,
    undefined,
    undefined,
  ],
  "a server of SMTP": ["tcpserver 0 25 qmail-smtpd", undefined, undefined],
  "a server that is not tcpserver": ["qmail-qmqpd", undefined, undefined],
};

for (const [name, [command, rules, status, detail]] of Object.entries(ROWS)) {
  Deno.test(`\`checkQmqp()\` judges ${name}`, () => {
    const [finding, ...others] = check(command, rules);
    assertEquals([finding?.status, others], [status, []]);
    assertMatch(finding?.detail ?? "", detail ?? /(?:)/);
  });
}

endToEnd(
  "`dk-doctor` fails for a hub that is open to all, until that is put right",
  async () => {
    await using site = await Installation.open();
    const rules = await site.write("tcp.qmqp", "10.0.1.:allow\n:allow\n");
    const build = `tcprules ${rules}.cdb ${rules}.tmp <${rules}`;
    const sh = async (line: string) => {
      const command = new Deno.Command("sh", { args: ["-c", line] });
      assertEquals((await command.output()).success, true, line);
    };
    await sh(build);
    const run = await site.write(
      "run",
      `#!/bin/sh\nexec tcpserver -x ${rules}.cdb 0 628 qmail-qmqpd\n`,
    );
    const args = ["--run", run];
    const bad = pickOne(await site.examine(args), "rules", run);
    assertEquals(bad.status, "fail");
    await sh(bad.advice!);
    const good = pickOne(await site.examine(args), "rules", run);
    assertEquals(
      [good.status, good.detail],
      ["ok", "takes mail by QMQP from 10.0.1. alone"],
    );
  },
  ignoreUnless("tcprules"),
);
