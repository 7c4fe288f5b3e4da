// A bounce that qmail-send injects: it has no sender and came over no network. It is passed on as
// it is, at once, whatever DNS does and whatever the letters are; any other mail gets no such favour.

import { assert, assertEquals } from "@std/assert";
import { makeEnvelope } from "../support/queue.ts";
import { signDkim, signDomainKeys } from "../support/verifying.ts";
import {
  assertNotQueued,
  Incoming,
  resultsOf,
  VERIFIERS,
} from "../support/incoming.ts";
import { MAIL } from "../support/signed_mail.ts";
import { endToEnd } from "../support/requirements.ts";

const EVERY_LETTER = "ABCDEFGHIJKLMNOPQRSabcdefghijklmnopqrs";
const ALL = `${EVERY_LETTER},${EVERY_LETTER}`;

const SIGNED = signDkim(signDomainKeys(MAIL));
const MESSAGES = {
  "unsigned": MAIL,
  "signed": SIGNED,
  "signed and changed": SIGNED.replace("Hello", "Hallo"),
  "with CRLF lines": SIGNED.replaceAll("\n", "\r\n"),
  "without a body": "From: ann@example.com\n",
  "that is no message": "\0\xff\r",
  "that is empty": "",
  "of 600 KB": SIGNED + "x".repeat(600_000),
};

const NULL_SENDER = makeEnvelope("", ["ann@example.com"]);
const SILENT = {
  "default._domainkey.example.com": { error: "timeout" as const },
};

/** DNS is waited for longer than a run may last. */
const DNS_SECONDS = 3600;

for (const program of VERIFIERS) {
  for (const [name, message] of Object.entries(MESSAGES)) {
    endToEnd(`\`${program}\` passes on a bounce ${name} at once`, async () => {
      await using host = await Incoming.open(SILENT);
      delete host.env.TCPREMOTEIP;
      const { code, stderr, queued } = await host.run(program, {
        message,
        envelope: NULL_SENDER,
        env: { DKVERIFY: ALL, DNSTIMEOUT: `${DNS_SECONDS}` },
      });
      assertEquals(code, 0, stderr);
      assertEquals(latin1(queued!.message), message);
      assertEquals(queued!.envelope, NULL_SENDER);
      assertEquals(host.dns.questions, []);
    });
  }

  /** Who sends, from where, and what becomes of an unsigned message with all letters. */
  const OTHERS = [
    { name: "a null sender over the network", ip: "192.0.2.1", sender: "" },
    { name: "a null sender with an empty TCPREMOTEIP", ip: "", sender: "" },
    { name: "a sender on this host", ip: undefined, sender: "ann@example.com" },
    { name: "the sender #@[]", ip: undefined, sender: "#@[]" },
  ];
  for (const { name, ip, sender } of OTHERS) {
    endToEnd(`\`${program}\` verifies mail of ${name}`, async () => {
      await using host = await Incoming.open();
      delete host.env.TCPREMOTEIP;
      const run = {
        message: SIGNED,
        envelope: makeEnvelope(sender, ["bob@example.net"]),
      };
      const env: Record<string, string> = ip === undefined
        ? {}
        : { TCPREMOTEIP: ip };
      const [taken, rejected] = await Promise.all([
        host.run(program, { ...run, env }),
        host.run(program, { ...run, env: { ...env, DKVERIFY: ALL } }),
      ]);
      const [, domainKeys, dkim] = resultsOf(SIGNED, taken);
      assert(domainKeys?.startsWith("domainkeys=pass"), domainKeys);
      assert(dkim?.startsWith("dkim=pass"), dkim);
      assertNotQueued(rejected, 31);
      // One name, asked for once by each of the two.
      assertEquals(host.dns.questions.length, 2);
    });
  }

  endToEnd(
    `\`${program}\` exits 54, not 31, for local mail without an envelope`,
    async () => {
      await using host = await Incoming.open();
      delete host.env.TCPREMOTEIP;
      const result = await host.run(program, {
        message: SIGNED,
        envelope: new Uint8Array(),
        env: { DKVERIFY: ALL },
      });
      assertNotQueued(result, 54);
      assertEquals(host.dns.questions, []);
    },
  );
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => String.fromCharCode(octet)).join("");
}
