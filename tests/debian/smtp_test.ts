// Mail by SMTP, from swaks through tcpserver and smtpfront-qmail to QMAILQUEUE: accepted, signed on
// its way out, verified on its way in, whole and with the envelope that came.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { splitResults } from "../support/split_results.ts";
import {
  equalBytes,
  largeMail,
  MAIL,
  toBytes,
  toText,
} from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { verifyDkim, verifyDomainKeys } from "../support/verifiers.ts";
import { makeEnvelope } from "../support/queue.ts";
import type { Queued } from "../support/queued.ts";
import {
  type Delivery,
  MailHost,
  NEEDS_CLIENT,
  NEEDS_SERVER,
  OUTSIDE,
  RECIPIENT,
  RELAYED,
  SENDER,
} from "./mail_host.ts";

const MESSAGES = [
  { name: "a small message", message: toBytes(MAIL) },
  {
    name: "a message of lines with dots, tabs and octets over 127",
    message: toBytes(MAIL + "..\n.dot\n\ttab  \n\xe4\xf6\xfc\xff\n\n.\n \n"),
  },
  {
    name: "a message without a body",
    message: toBytes(MAIL.split("\n\n")[0]!),
  },
  { name: "a message of 8 MB", message: largeMail(8e6) },
];

/** What is above the fields that swaks has sent. */
const TRACE = /Received: .*\n(?:[ \t].*\n)*/;

for (const { name, message } of MESSAGES) {
  smtp(`signs ${name} of a relay client`, async (host) => {
    const queued = accepted(await host.deliver(message, RELAYED));
    const [added, rest] = splitAt(queued.message, /^Received: /m);
    assertMatch(added, /^DKIM-Signature: [^]*\nDomainKey-Signature: [^]*\n$/);
    assertTransported(rest, message);
    assertEquals(queued.envelope, makeEnvelope(SENDER, [RECIPIENT]));
    const { records } = host.site;
    const good = ["default._domainkey.example.com pass"];
    assertEquals(verifyDkim(queued.message, records), good);
    assertEquals(verifyDomainKeys(queued.message, records), "pass");
  });

  smtp(`verifies ${name} that it has signed`, async (host) => {
    const out = accepted(await host.deliver(message, RELAYED)).message;
    const queued = accepted(await host.deliver(out, OUTSIDE));
    const [added, rest] = splitAt(queued.message, /^Received: /m);
    const results = splitResults(added);
    assertEquals(results.map((result) => result.split(" ")[0]), [
      "mx.example.net",
      "domainkeys=pass",
      "dkim=pass",
    ]);
    assertTransported(rest, out);
  });
}

smtp("takes an unsigned message from outside", async (host) => {
  const queued = accepted(await host.deliver(MAIL, OUTSIDE));
  const [added] = splitAt(queued.message, /^Received: /m);
  assertEquals(splitResults(added).map((result) => result.split(" ")[0]), [
    "mx.example.net",
    "domainkeys=none",
    "dkim=none",
  ]);
});

smtp("takes a bounce, whose sender is empty", async (host) => {
  const queued = accepted(
    await host.deliver(MAIL, RELAYED, { sender: "<>" }),
  );
  assertEquals(queued.envelope, makeEnvelope("", [RECIPIENT]));
});

/** A test with a host that takes mail in and out. */
function smtp(what: string, body: (host: MailHost) => Promise<void>): void {
  endToEnd(
    `\`qmail-dk\` behind smtpfront-qmail ${what}`,
    async () => {
      await using host = await MailHost.open();
      await body(host);
    },
    NEEDS_SERVER,
    NEEDS_CLIENT,
  );
}

/** The client was told so, the process id is that of the next program, and it had it all. */
function accepted({ reply, queued }: Delivery): Queued {
  assertMatch(reply, /^250 2\.6\.0 Accepted message qp \d+ bytes \d+$/);
  assertEquals(Number(reply.split(" ")[5]), queued?.pid);
  return queued!;
}

function splitAt(message: Uint8Array, mark: RegExp): [string, string] {
  const text = toText(message);
  const at = text.search(mark);
  assert(at > 0, text.slice(0, 2000));
  return [text.slice(0, at), text.slice(at)];
}

/** What is queued is the trace of mailfront and the message, to which swaks adds line ends. */
function assertTransported(queued: string, message: Uint8Array): void {
  const rest = toBytes(queued.replace(TRACE, ""));
  assert(
    equalBytes(rest.subarray(0, message.length), message),
    toText(rest.subarray(0, 2000)),
  );
  assertMatch(toText(rest.subarray(message.length)), /^\n*$/);
}
