// Mails by several senders through a resident process that is killed, stopped and started anew, with
// its DNS away at times: what was accepted is there once, whole, and verifies; what was refused is not.
// FAULTS_MESSAGES=5000 for a long storm, DK_SEED to repeat one.

import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { addedFields } from "../support/mail.ts";
import { Outbox, type PlainMail } from "../support/plain_mail.ts";
import { Random } from "../support/random.ts";
import { endToEnd } from "../support/requirements.ts";
import { Resident } from "../support/resident.ts";
import { Site } from "../support/site.ts";
import { verifyDkim } from "../support/verifiers.ts";
import { sleep } from "./progress.ts";
import { SwitchedDns } from "./switched_dns.ts";

const MESSAGES = Number(Deno.env.get("FAULTS_MESSAGES") ?? 300);
const SEED = Number(Deno.env.get("DK_SEED") ?? Date.now() % 1e9);
const SENDERS = 8;

/** A signature of which all is right that can be seen without its key. */
function signatureOver(body: string): string {
  const octets = `Hello Bob\n${body}`.replaceAll("\n", "\r\n");
  const hash = createHash("sha256").update(octets).digest("base64");
  return "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=none;\n" +
    `\th=from; bh=${hash};\n\tb=AAAA\n`;
}

endToEnd(
  `${MESSAGES} mails through a process that is killed and stopped`,
  async () => {
    await using site = await Site.open();
    await using resident = await Resident.open();
    await using outbox = await Outbox.open();
    await using dns = new SwitchedDns({});
    const random = new Random(SEED);
    const sign = await resident.launcherOf("dk-sign");
    const verify = await resident.launcherOf("dk-verify");
    const verified = new Set<PlainMail>();
    const weather = { killed: 0, stopped: 0, "without DNS": 0, ended: 0 };
    let sent = 0;
    const send = async () => {
      while (sent++ < MESSAGES) {
        const body = "x".repeat(70).concat("\n").repeat(
          random.below(20) === 0 ? 60_000 : random.below(300),
        );
        if (random.below(3) > 0) {
          await outbox.send(sign, site.env, body);
          continue;
        }
        // Deferred when DNS does not answer.
        const env = {
          ...site.env,
          DKVERIFY: ",k",
          DNSCACHEIP: dns.address,
          DNSTIMEOUT: "1",
        };
        verified.add(
          await outbox.send(verify, env, body, undefined, signatureOver(body)),
        );
      }
    };
    const load = Promise.all(Array.from({ length: SENDERS }, send));
    let isOver = false;
    let round = 0;
    load.finally(() => isOver = true);
    while (!isOver) {
      await sleep(100 + random.below(400));
      switch (round++ % 4) {
        case 0:
          await resident.kill();
          await sleep(random.below(500));
          await resident.start();
          weather.killed++;
          break;
        case 1:
          Deno.kill(resident.pid, "SIGSTOP");
          await sleep(random.below(800));
          Deno.kill(resident.pid, "SIGCONT");
          weather.stopped++;
          break;
        case 2:
          await dns.stop();
          await sleep(1500 + random.below(2000));
          dns.start();
          weather["without DNS"]++;
          break;
        case 3:
          await resident.kill("SIGTERM");
          await resident.start();
          weather.ended++;
      }
    }
    await load;
    await resident.emptied(10);
    const accepted = outbox.mails.filter(({ code }) => code === 0);
    const codes = Object.entries(
      Object.groupBy(outbox.mails, ({ code }) => `${code}`),
    ).map(([code, mails]) => `${code}: ${mails!.length}`);
    console.log(`seed ${SEED}`, weather, codes.join(", "));
    const queued = await outbox.queued();
    for (const mail of outbox.mails) {
      const found = queued.get(mail.serial) ?? [];
      const what = `seed ${SEED}: ${mail.code} ${mail.stderr}`;
      assertEquals(found.length, mail.code === 0 ? 1 : 0, what);
      for (const message of found) {
        const names = addedFields(mail.message, message).map(({ name }) =>
          name
        );
        if (verified.has(mail)) {
          assertEquals(names, ["Authentication-Results"], what);
          continue;
        }
        assertEquals(names, ["DKIM-Signature", "DomainKey-Signature"], what);
        assertEquals(
          verifyDkim(message, site.records),
          ["default._domainkey.example.com pass"],
          what,
        );
      }
    }
    assertEquals(outbox.mails.length, MESSAGES);
    // A storm without these proves nothing.
    assert(accepted.length > MESSAGES / 2, `${accepted.length} accepted`);
    const calm = Object.entries({
      ...weather,
      refused: outbox.mails.length - accepted.length,
    }).filter(([, times]) => times === 0);
    assertEquals(calm, [], `seed ${SEED}`);
  },
);
