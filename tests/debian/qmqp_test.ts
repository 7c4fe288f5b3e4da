// Mail by QMQP, from Postfix's qmqp-source through qmqpfront-qmail to QMAILQUEUE, and many messages
// at once, by QMQP and SMTP.

import { assertEquals, assertMatch } from "@std/assert";
import { toBytes } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { verifyDkim, verifyDomainKeys } from "../support/verifiers.ts";
import { readQueued } from "../support/queued.ts";
import { runToEnd } from "../support/ended.ts";
import {
  type HostOptions,
  MailHost,
  NEEDS_SERVER,
  RECIPIENT,
  SENDER,
} from "./mail_host.ts";
import { ignoreUnless, pathOf } from "./requirements.ts";

const NEEDS_FRONT = ignoreUnless("qmqpfront-qmail");
/** These generators choose no address to come from: everybody is relayed. */
const RELAYED = { RELAYCLIENT: "" };

const SESSIONS = 4;
const MESSAGES = 24;
const RECIPIENTS = 2;

const SOURCES = [
  { source: "qmqp-source", front: "qmqpfront-qmail" },
  { source: "smtp-source", front: "smtpfront-qmail" },
];

for (const { source, front } of SOURCES) {
  endToEnd(
    `\`qmail-dk\` behind ${front} signs ${MESSAGES} messages of ${source}, ${SESSIONS} at once`,
    async () => {
      await using host = await MailHost.open({
        front,
        outside: RELAYED,
        hasMaildir: true,
      });
      const { code, stderr } = await send(host, source, [
        ...["-s", `${SESSIONS}`, "-m", `${MESSAGES}`, "-r", `${RECIPIENTS}`],
      ]);
      assertEquals(code, 0, stderr);
      const messages = await host.delivered();
      assertEquals(messages.length, MESSAGES * RECIPIENTS);
      const { records } = host.site;
      for (const message of messages) {
        const octets = toBytes(message);
        const good = ["default._domainkey.example.com pass"];
        assertEquals(verifyDkim(octets, records), good);
        assertEquals(verifyDomainKeys(octets, records), "pass");
      }
    },
    NEEDS_SERVER,
    NEEDS_FRONT,
    ignoreUnless(source),
  );
}

/** As qmqp-source puts it: unrecoverable is for good. */
const REFUSALS: (HostOptions & { name: string; reply: string })[] = [
  {
    name: "an unsigned message and an upper-case letter",
    outside: { DKVERIFY: ",N" },
    reply: "unrecoverable error: 5.3.0 Message refused.",
  },
  {
    name: "an unsigned message and a lower-case letter",
    outside: { DKVERIFY: ",n" },
    reply: "recoverable error: 4.3.0 Message refused by mail server.",
  },
  {
    name: "a key that cannot be used",
    outside: RELAYED,
    env: { DKSIGN: "/etc/passwd" },
    reply: "recoverable error: 4.3.0 Unable to read a configuration file.",
  },
  {
    name: "a next program that is killed",
    outside: RELAYED,
    nextExit: "SIGKILL",
    reply: "recoverable error: 4.3.0 qmail-queue crashed.",
  },
];

for (const { name, reply, ...options } of REFUSALS) {
  endToEnd(
    `qmqpfront-qmail says "${reply}" for ${name} with \`qmail-dk\``,
    async () => {
      await using host = await MailHost.open({
        front: "qmqpfront-qmail",
        ...options,
      });
      const queue = `${host.site.folder}/queue`;
      await Deno.mkdir(queue);
      const { code, stderr } = await send(host, "qmqp-source", []);
      assertEquals(code, 1);
      assertMatch(stderr, new RegExp(`: fatal: ${reply}\n$`));
      const { reached } = await readQueued(queue);
      assertEquals(reached, options.nextExit !== undefined);
    },
    NEEDS_SERVER,
    NEEDS_FRONT,
    ignoreUnless("qmqp-source"),
  );
}

function send(host: MailHost, source: string, args: string[]) {
  return runToEnd([
    ...[pathOf(source), "-f", SENDER, "-t", RECIPIENT, ...args],
    `127.0.0.1:${host.port}`,
  ]);
}
