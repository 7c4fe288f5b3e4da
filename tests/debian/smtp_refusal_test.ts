// What a client of smtpfront-qmail is told when a filter does not queue: mailfront makes 554 of exit
// codes 11 to 40 and 451 of the others, with a text of its own or of QQERRMSG_n. It offers no
// descriptor for a text of ours.

import { assertEquals, assertMatch } from "@std/assert";
import { MAIL } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { signDkim, signDomainKeys } from "../support/verifying.ts";
import { until } from "./daemon.ts";
import {
  type HostOptions,
  MailHost,
  NEEDS_CLIENT,
  NEEDS_SERVER,
  OUTSIDE,
  RELAYED,
} from "./mail_host.ts";

/** Signed by a key that is not the one in DNS. */
const FORGED = signDkim(signDomainKeys(MAIL));

const REFUSED = "554 5.3.0 Message refused.";
const DEFERRED = "451 4.3.0 Message refused by mail server.";
const UNUSABLE = "451 4.3.0 Unable to read a configuration file.";
const UNKNOWN = "451 4.3.0 Temporary qmail-queue failure.";
const CRASHED = "451 4.3.0 qmail-queue crashed.";

interface Refusal extends HostOptions {
  name: string;
  message?: string;
  client?: string;
  sender?: string;
  reply: string;
  /** The next program was there, and is what failed. */
  isNextReached?: boolean;
}

const REFUSALS: Refusal[] = [
  {
    name: "an upper-case letter of DomainKeys",
    outside: { DKVERIFY: "B" },
    reply: REFUSED,
  },
  {
    name: "a lower-case letter of DomainKeys",
    outside: { DKVERIFY: "b" },
    reply: DEFERRED,
  },
  {
    name: "an upper-case letter of DKIM",
    outside: { DKVERIFY: ",B" },
    reply: REFUSED,
  },
  {
    name: "a lower-case letter of DKIM",
    outside: { DKVERIFY: ",b" },
    reply: DEFERRED,
  },
  {
    name: "a text for code 31",
    outside: { DKVERIFY: "B", QQERRMSG_31: "5.7.7 The signature is bad" },
    reply: "554 5.7.7 The signature is bad",
  },
  {
    name: "a text for code 71",
    outside: { DKVERIFY: "b", QQERRMSG_71: "4.7.5 The key cannot be had" },
    reply: "451 4.7.5 The key cannot be had",
  },
  {
    name: "ERROR_FD=6, where mailfront has nothing",
    outside: { DKVERIFY: "B", ERROR_FD: "6" },
    reply: REFUSED,
  },
  {
    name: "ERROR_FD=4, where mailfront has nothing",
    outside: { DKVERIFY: "b", ERROR_FD: "4" },
    reply: DEFERRED,
  },
  {
    name: "ERROR_FD=2, whose code 88 mailfront does not know,",
    outside: { DKVERIFY: "B", ERROR_FD: "2" },
    reply: UNKNOWN,
  },
  {
    name: "a key file that is none",
    client: RELAYED,
    env: { DKSIGN: "/etc/passwd" },
    reply: UNUSABLE,
  },
  {
    name: "a key without % that is not there",
    client: RELAYED,
    env: { DKSIGN: "/nonexistent/default" },
    reply: "554 5.3.0 Message rejected by qmail-queue.",
  },
  {
    name: "an unknown option",
    client: RELAYED,
    env: { DKIMSIGNOPTIONS: "-y" },
    reply: UNUSABLE,
  },
  {
    name: "a sender of 1003 bytes",
    client: RELAYED,
    sender: `${"a".repeat(1003 - "@example.com".length)}@example.com`,
    reply: "554 5.1.3 Address too long.",
  },
  {
    name: "a TMPDIR that is not there",
    client: RELAYED,
    // mailfront 2.12 waits for ever for a program that has ended and left some of it unread.
    message: MAIL.padEnd(8 << 20, "A line of the body.\n"),
    env: { TMPDIR: "/nonexistent" },
    reply: "451 4.3.0 Write error (queue full?).",
  },
  {
    name: "a next program that is not there",
    client: RELAYED,
    env: { DKQUEUE: "/nonexistent/qmail-queue" },
    reply: UNKNOWN,
  },
  {
    name: "a next program that rejects",
    nextExit: 31,
    reply: REFUSED,
    isNextReached: true,
  },
  {
    name: "a next program whose disk is full",
    client: RELAYED,
    nextExit: 53,
    reply: "451 4.3.0 Write error (queue full?).",
    isNextReached: true,
  },
  {
    name: "a next program that is killed",
    client: RELAYED,
    nextExit: "SIGKILL",
    reply: CRASHED,
    isNextReached: true,
  },
];

for (const refusal of REFUSALS) {
  const { name, message = FORGED, client = OUTSIDE, ...rest } = refusal;
  const { sender, reply, isNextReached = false, ...options } = rest;
  endToEnd(
    `smtpfront-qmail says "${reply}" for ${name} with \`qmail-dk\``,
    async () => {
      await using host = await MailHost.open(options);
      const delivery = await host.deliver(message, client, { sender });
      assertEquals(delivery.reply, reply, host.server.stderr);
      assertEquals(delivery.reached, isNextReached);
    },
    NEEDS_SERVER,
    NEEDS_CLIENT,
  );
}

endToEnd(
  "`qmail-dk` tells the log of tcpserver why a message is refused",
  async () => {
    await using host = await MailHost.open({ outside: { DKVERIFY: "B" } });
    await host.deliver(FORGED, OUTSIDE);
    assertMatch(
      host.server.stderr,
      /^qmail-dk: rejected .*d=example\.com s=default .*$/m,
    );
  },
  NEEDS_SERVER,
  NEEDS_CLIENT,
);

endToEnd(
  "`qmail-dk` queues nothing of a message whose client goes away",
  async () => {
    await using host = await MailHost.open();
    await Deno.mkdir(`${host.site.folder}/queue`);
    using client = await Deno.connect({
      hostname: "127.0.0.1",
      port: host.port,
    });
    const commands = `HELO client.example\r
MAIL FROM:<ann@example.com>\r
RCPT TO:<bob@example.net>\r
DATA\r
${MAIL.replaceAll("\n", "\r\n")}${"A line of the body.\r\n".repeat(1000)}`;
    const bytes = new TextEncoder().encode(commands);
    assertEquals(await client.write(bytes), bytes.length);
    await client.closeWrite();
    const line = /^qmail-dk: (.*)$/m;
    await until("it is logged", () => line.test(host.server.stderr));
    const [, log] = line.exec(host.server.stderr)!;
    assertMatch(log!, /^failed exit=54 reason=/);
    const queued = Array.fromAsync(Deno.readDir(`${host.site.folder}/queue`));
    assertEquals(await queued, []);
  },
  NEEDS_SERVER,
);
