// Mails that are in hand at the same time: one that waits, or is large, holds up no other. What counts
// is the order of events, not how long they take.

import { assert, assertEquals } from "@std/assert";
import { startDnsServer } from "../../scripts/host/dns_server.ts";
import { HeldDns } from "../support/held_dns.ts";
import { addedFields } from "../support/mail.ts";
import { Outbox } from "../support/plain_mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { Resident } from "../support/resident.ts";
import { Site } from "../support/site.ts";

const WAITING = 40;
const OTHERS = 24;

endToEnd(`${OTHERS} mails are done while ${WAITING} wait for DNS`, async () => {
  await using site = await Site.open();
  await using resident = await Resident.open();
  await using outbox = await Outbox.open();
  await using server = startDnsServer({});
  const all = Promise.withResolvers<void>();
  let releaseAll = () => {};
  await using dns = new HeldDns(server.port, (asked, release) => {
    releaseAll = release;
    if (asked === WAITING) all.resolve();
  });
  const verify = await resident.launcherOf("dk-verify");
  const sign = await resident.launcherOf("dk-sign");
  const events: string[] = [];
  const env = {
    ...site.env,
    DKVERIFY: "",
    DNSCACHEIP: dns.address,
    DNSTIMEOUT: "600",
  };
  const field = "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=none;\n" +
    "\th=from; bh=MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=; b=AAAA\n";
  const waiting = Array.from({ length: WAITING }, async () => {
    const mail = await outbox.send(verify, env, "", undefined, field);
    events.push("waited");
    return mail;
  });
  await all.promise;
  const others = await Promise.all(
    Array.from({ length: OTHERS }, async () => {
      const mail = await outbox.send(sign, site.env);
      events.push("done");
      return mail;
    }),
  );
  assertEquals(events, Array(OTHERS).fill("done"));
  releaseAll();
  const mails = [...await Promise.all(waiting), ...others];
  assertEquals(
    mails.filter(({ code }) => code !== 0).map(({ stderr }) => stderr),
    [],
  );
  const queued = await outbox.queued();
  for (const { serial, message } of mails) {
    assertEquals(queued.get(serial)?.length, 1);
    const fields = addedFields(message, queued.get(serial)![0]!);
    assertEquals(fields.length, serial < WAITING ? 1 : 2);
  }
  await resident.emptied();
  // Each was the process's: nobody worked by himself.
  assertEquals(await resident.answered("queue"), WAITING + OTHERS);
});

const LARGE_BYTES = 100_000_000;

endToEnd("10 KB mails are done while 100 MB are in hand", async () => {
  await using site = await Site.open();
  await using resident = await Resident.open();
  await using outbox = await Outbox.open();
  const command = await resident.launcherOf("dk-sign");
  const line = `${"x".repeat(99)}\n`;
  let hasEnded = false;
  const sending = outbox.send(
    command,
    site.env,
    line.repeat(LARGE_BYTES / line.length),
  ).finally(() => hasEnded = true);
  const isInHand = () =>
    filesOf(resident.pid).includes(`${outbox.folder}/message.0`);
  while (!isInHand() && !hasEnded) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert(!hasEnded, `unseen: ${outbox.mails[0]?.stderr}`);
  const small = await outbox.send(command, site.env, line.repeat(100));
  assertEquals([small.code, hasEnded], [0, false]);
  const large = await sending;
  assertEquals(large.code, 0, large.stderr);
  const queued = await outbox.queued();
  for (const { serial, message } of [small, large]) {
    assertEquals(addedFields(message, queued.get(serial)![0]!).length, 2);
  }
  assertEquals(await resident.answered("queue"), 2);
});

/** The files that a process has open. */
function filesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return [...Deno.readDirSync(folder)].flatMap(({ name }) => {
    try {
      return [Deno.readLinkSync(`${folder}/${name}`)];
    } catch {
      // Closed just now.
      return [];
    }
  });
}
