// The resident process needs no more memory after many mails than after a thousand, and no more
// descriptors. FAULTS_MESSAGES=5000 sends 200,000.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import { MAIL, toBytes } from "../support/mail.ts";
import { makeEnvelope } from "../support/queue.ts";
import { endToEnd } from "../support/requirements.ts";
import { Resident } from "../support/resident.ts";
import { Site } from "../support/site.ts";
import { SlotClient, type SlotMail } from "../support/slot_client.ts";

const MAILS = 40 * Number(Deno.env.get("FAULTS_MESSAGES") ?? 250);
const FIRST = 1000;
const SENDERS = 8;
const LOOKS = 10;

const ENVELOPE = makeEnvelope("ann@example.com", ["bob@example.net"]);

/** What differs from mail to mail, as it would at a site: what kept any of it would grow. */
type Kind = (
  n: number,
  env: Record<string, string>,
  signed: string,
) => SlotMail & { action: RegExp; fields: RegExp };

/** One of each, one after the other; most mails are signed. */
const KINDS: Kind[] = [
  ...Array.from({ length: 4 }, () => signing),
  (n, variables) => ({
    program: "dk-sign",
    variables,
    message: toBytes(
      MAIL.replaceAll("example.com", `d${n}.example`) + `${n}\n`,
    ),
    action: /^queue -$/,
    fields: /^$/,
  }),
  (n, variables, signed) => ({
    program: "dk-verify",
    variables: { ...variables, DKVERIFY: "DEGIJKfh" },
    message: toBytes(`X-Number: ${n}\n${signed}`),
    envelope: ENVELOPE,
    action: /^queue -$/,
    fields: /dkim=pass/,
  }),
  (n, variables) => ({
    program: "qmail-dk",
    variables: { ...variables, DKVERIFY: "ABCDEFGHIJKL" },
    message: toBytes(
      "DKIM-Signature: v=1; a=rsa-sha256; d=example.com;\n" +
        `\ts=s${n}; h=from; bh=AAAA; b=AAAA\n${MAIL}`,
    ),
    envelope: ENVELOPE,
    action: /^refuse - 31$/,
    fields: /^$/,
  }),
  (n, variables) => ({ ...signing(n, variables), program: "dk-remote" }),
];

function signing(n: number, variables: Record<string, string>) {
  return {
    program: "dk-sign" as const,
    variables,
    message: toBytes(MAIL + `${n} mails\n`.repeat(n % 100)),
    action: /^queue -$/,
    fields: /^DKIM-Signature: [^]*\nDomainKey-Signature: /,
  };
}

endToEnd(
  `Memory after ${MAILS} mails is within 20 % of that after ${FIRST}`,
  async () => {
    await using site = await Site.open();
    await using resident = await Resident.open("--max-rss", "4096");
    await using dns = startDnsServer(
      Object.fromEntries([...site.records].map(([k, v]) => [k, [v]])),
    );
    const env = { ...site.env, DNSCACHEIP: dns.address };
    await using clients = new AsyncDisposableStack();
    const senders = Array.from(
      { length: SENDERS },
      (_, n) => clients.use(new SlotClient(resident, n)),
    );
    const { out } = await senders[0]!.send(signing(0, env));
    const signed = new TextDecoder().decode(out);
    let sent = 1;
    const send = async (sender: SlotClient) => {
      const n = sent++;
      const { action, fields, ...mail } = KINDS[n % KINDS.length]!(
        n,
        env,
        signed,
      );
      const reply = await sender.send(mail);
      assertMatch(reply.action, action, reply.log);
      if (reply.out === undefined) return;
      const added = reply.out.length - mail.message.length;
      assertEquals(reply.out.subarray(added), mail.message);
      assertMatch(
        new TextDecoder().decode(reply.out.subarray(0, added)),
        fields,
      );
    };
    const sendUntil = (count: number) =>
      Promise.all(senders.map(async (sender) => {
        while (sent < count) await send(sender);
        // The server's memory of what it was asked is ours.
        dns.questions.length = 0;
      }));
    const startMs = Date.now();
    const looks: { mails: number; kb: number; descriptors: number }[] = [];
    for (let look = 0; look <= LOOKS; look++) {
      const mails = FIRST + Math.round((MAILS - FIRST) * look / LOOKS);
      await sendUntil(mails);
      looks.push({ mails, ...needOf(resident.pid) });
      const { kb, descriptors } = looks.at(-1)!;
      const seconds = Math.round((Date.now() - startMs) / 1000);
      console.log(
        `${mails} mails in ${seconds} s: ${kb} KB, ${descriptors} descriptors`,
      );
    }
    const [first, last] = [looks[0]!, looks.at(-1)!];
    assert(last.kb < 1.2 * first.kb, `${first.kb} KB, then ${last.kb} KB`);
    // What is warm by now does not grow at all.
    const middle = looks[LOOKS / 2]!;
    assert(last.kb < 1.1 * middle.kb, `${middle.kb} KB, then ${last.kb} KB`);
    assert(last.descriptors <= first.descriptors + SENDERS);
    await resident.emptied();
    const counts = await resident.counts();
    assertEquals(counts["dk_work_seconds_count"], MAILS);
  },
);

/** What a process has of the machine. */
function needOf(pid: number): { kb: number; descriptors: number } {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return {
    kb: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]),
    descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
  };
}
