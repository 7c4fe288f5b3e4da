// The resident process needs no more memory after many mails than after a thousand. In the long run
// alone: FAULTS_MESSAGES=5000 sends twice as many.

import { assert, assertEquals } from "@std/assert";
import { Outbox } from "../support/plain_mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { Resident } from "../support/resident.ts";
import { Site } from "../support/site.ts";

const MAILS = 2 * Number(Deno.env.get("FAULTS_MESSAGES") ?? 0);
const FIRST = 1000;
const SENDERS = 8;

endToEnd(
  `Memory after ${MAILS} mails is within 20 % of that after ${FIRST}`,
  async () => {
    await using site = await Site.open();
    await using resident = await Resident.open("--max-rss", "4096");
    await using outbox = await Outbox.open();
    const command = await resident.launcherOf("dk-sign");
    let sent = 0;
    const sendUntil = (count: number) =>
      Promise.all(Array.from({ length: SENDERS }, async () => {
        while (sent < count) {
          sent++;
          const { code, stderr } = await outbox.send(command, site.env);
          assertEquals(code, 0, stderr);
        }
      }));
    await sendUntil(FIRST);
    const first = rssKbOf(resident.pid);
    await sendUntil(MAILS);
    const last = rssKbOf(resident.pid);
    console.log(`${first} KB after ${FIRST}, ${last} KB after ${MAILS}`);
    assert(last < 1.2 * first, `${first} KB, then ${last} KB`);
    await resident.emptied();
    assertEquals(await resident.answered("queue"), MAILS);
  },
  MAILS > FIRST ? { words: [] } : { missing: "a short run" },
);

function rssKbOf(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]);
}
