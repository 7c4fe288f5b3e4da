// Hosts that only send, and hubs that sign for them, each in a network namespace of its own: mails go by
// QMQP while hubs crash, freeze, lose the network and their resident process. What clients were told is
// held against what is in the queues. DK_SEED to repeat a run.

import { assert, assertEquals } from "@std/assert";
import { Folder } from "../support/installer.ts";
import { Random } from "../support/random.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";
import type { Attempt } from "./attempt.ts";
import { until } from "./daemon.ts";
import { Hub, NEEDS_HUB, type QueuedMail } from "./hub.ts";
import { type Audit, auditHubs } from "./hub_audit.ts";
import { RECIPIENT } from "./mail_host.ts";
import { Network, NETWORKS } from "./network.ts";
import { NEEDS_NULLMAILER, Nullmailer } from "./nullmailer.ts";
import { NEEDS_SOURCE, sendByQmqp, SOURCE_BYTES } from "./qmqp_source.ts";

const SEED = Number(Deno.env.get("DK_SEED") ?? Date.now() % 1e9);

const HUBS = { hub1: "10.77.0.1", hub2: "10.77.0.2" };
const CLIENTS = {
  null: "10.77.1.1",
  source1: "10.77.1.2",
  source2: "10.77.1.3",
};
/** Whom the hubs' rules let in. */
const ALLOWED = "10.77.1.";

/** How many mails each client has. */
const MAILS: Record<keyof typeof CLIENTS, number> = {
  null: 320,
  source1: 340,
  source2: 340,
};
const TOTAL = Object.values(MAILS).reduce((sum, count) => sum + count);
/** How many mails at a time a client without a queue sends. */
const SESSIONS = 2;
/** How long a client waits for a hub. */
const LIMIT_SECONDS = 4;
/** How often such a client tries. */
const TRIES = 50;

/** What befalls a hub. */
const MISFORTUNES: Record<
  string,
  (hub: Hub, network: Network, random: Random) => Promise<void>
> = {
  "crash and start": async (hub, _network, random) => {
    await hub.crash();
    await sleep(500 + random.below(1500));
    await hub.start();
  },
  "no resident process": async (hub, _network, random) => {
    hub.killResident();
    await sleep(500 + random.below(1000));
    await hub.startResident();
  },
  "no network": async ({ name }, network, random) => {
    await network.cut(name);
    await sleep(1500 + random.below(2000));
    await network.join(name);
  },
  // So long that clients give up, and send elsewhere what waits here.
  "frozen": async ({ name }, network, random) => {
    await network.signal(name, "SIGSTOP");
    await sleep(1000 * LIMIT_SECONDS + random.below(1000));
    await network.signal(name, "SIGCONT");
  },
};

const NO_FAULTS: Omit<Audit, "twice"> = {
  missing: [],
  repeated: [],
  unknown: [],
  damaged: [],
};

endToEnd(
  `${TOTAL} mails of three hosts by two hubs that crash, freeze and lose the network`,
  async () => {
    await using folder = await Folder.make();
    await using site = await Site.open();
    await using network = await Network.open({ ...HUBS, ...CLIENTS });
    const start = async (name: keyof typeof HUBS) => {
      const path = `${folder.path}/${name}`;
      const hub = await Hub.make(name, path, network, site, ALLOWED);
      await hub.start();
      return hub;
    };
    await using hub1 = await start("hub1");
    await using hub2 = await start("hub2");
    const hubs = [hub1, hub2];
    const inOrder = Object.values(HUBS);
    const [stranger] = await sendByQmqp(
      network.on("hub2"),
      [HUBS.hub1],
      "eve@example.com",
      LIMIT_SECONDS,
    );
    assert(stranger!.outcome !== "accepted", "The rules let everybody in");
    await using nullmailer = await Nullmailer.open(
      `${folder.path}/null`,
      network.on("null"),
      inOrder.map((address) => `${address} qmqp`),
      LIMIT_SECONDS,
    );

    // The mails go in equal parts, one at the beginning and one with each misfortune.
    const plan = hubs.flatMap((hub) =>
      Object.values(MISFORTUNES).map((befall) => ({ hub, befall }))
    );
    let begun = 0;
    const isDue = (client: keyof typeof MAILS, n: number) =>
      n < MAILS[client] * (begun + 1) / (plan.length + 1);
    let isOver = false;
    async function* mailsOf(client: keyof typeof MAILS) {
      for (let n = 0; n < MAILS[client]; n++) {
        while (!isDue(client, n)) {
          if (isOver) return;
          await sleep(20);
        }
        yield `${client}-${n}@example.com`;
      }
    }

    const attempts: Attempt[] = [];
    let queuedByNullmailer = 0;
    const accepted = () =>
      countOf(attempts, "accepted") + queuedByNullmailer -
      nullmailer.count("queue");
    const queueAll = async () => {
      for await (const sender of mailsOf("null")) {
        await nullmailer.queue(sender, messageOf(sender));
        queuedByNullmailer++;
      }
    };
    const sendAll = async (
      client: "source1" | "source2",
      servers: string[],
    ) => {
      const mails = mailsOf(client);
      const words = network.on(client);
      await Promise.all(Array.from({ length: SESSIONS }, async () => {
        for await (const sender of mails) {
          // A program without a queue tells its user, who tries again.
          for (let tries = 0;; tries++) {
            assert(tries < TRIES && !isOver, `No hub takes ${sender}`);
            const made = await sendByQmqp(
              words,
              servers,
              sender,
              LIMIT_SECONDS,
            );
            attempts.push(...made);
            if (made.at(-1)!.outcome === "accepted") break;
            await sleep(100);
          }
        }
      }));
    };
    const random = new Random(SEED);
    let inHand = 0;
    const befallAll = async () => {
      for (const { hub, befall } of plan) {
        const part = TOTAL / (plan.length + 1);
        await until("mails go on", () => accepted() > (begun + 0.5) * part);
        begun++;
        inHand += await hub.inHand();
        await befall(hub, network, random);
      }
    };

    const began = performance.now();
    await Promise.all([
      queueAll(),
      sendAll("source1", inOrder),
      sendAll("source2", inOrder.toReversed()),
      befallAll(),
    ]).finally(() => isOver = true);
    await until("its queue is empty", () => nullmailer.count("queue") === 0);
    const seconds = Math.round((performance.now() - began) / 1000);

    const all = [...attempts, ...nullmailer.attempts()];
    const queued = hubs.flatMap((hub) => hub.queued());
    const audit = (attempts: Attempt[], queued: QueuedMail[]) =>
      auditHubs(attempts, queued, isWhole, site.records);
    const { twice, ...faults } = await audit(all, queued);
    const to = (address: string) => {
      const tried = all.filter(({ server }) => server === address);
      return ["accepted", "unclear", "unreached"].map((outcome) =>
        `${outcome} ${countOf(tried, outcome)}`
      ).join(", ");
    };
    const what = [
      `seed ${SEED}: ${countOf(all, "accepted")} accepted in ${seconds} s`,
      `${queued.length} queued, ${twice.length} of them twice`,
      ...Object.entries(HUBS).map(([name, at]) => `${name} ${to(at)}`),
      `${inHand} in hand at misfortunes`,
    ].join("; ");
    console.log(what);
    assertEquals(faults, NO_FAULTS, what);
    assertEquals(nullmailer.count("failed"), 0, what);
    assertEquals(countOf(all, "accepted"), TOTAL, what);
    // A storm without these proves nothing.
    assert(inHand > 0, what);
    assert(countOf(all, "unclear") > 0, what);
    assert(countOf(all, "unreached") > 0, what);
    for (const hub of hubs) {
      assert(hub.queued().length > TOTAL / 10, what);
      assert(await hub.signedByResident() > 0, what);
    }
    await checkAudit(all, queued, audit);
  },
  NETWORKS,
  ...NEEDS_HUB,
  NEEDS_NULLMAILER,
  NEEDS_SOURCE,
);

/** The same audit finds a mail that is lost, sent once more, changed or nobody's. */
async function checkAudit(
  all: Attempt[],
  queued: QueuedMail[],
  audit: (attempts: Attempt[], queued: QueuedMail[]) => Promise<Audit>,
): Promise<void> {
  const attempt = all.find(({ sender, outcome }) =>
    outcome === "accepted" &&
    all.filter((other) => other.sender === sender).length === 1
  )!;
  const { sender, server } = attempt;
  const mail = queued.find(({ envelope }) =>
    envelope.startsWith(`F${sender}\0`)
  )!;
  const key = `${sender} ${server}`;
  const changed = { ...mail, message: mail.message.replace(/.\n$/, "?\n") };
  const found = await Promise.all([
    audit([attempt], []),
    audit([attempt], [mail, mail]),
    audit([], [mail]),
    audit([attempt], [changed]),
  ]);
  assertEquals(
    found.map(({ missing, repeated, unknown }) => [missing, repeated, unknown]),
    [[[key], [], []], [[], [key], []], [[], [key], [key]], [[], [], []]],
  );
  assertEquals(found.map(({ damaged }) => damaged.length), [0, 0, 0, 1]);
}

function countOf(attempts: Attempt[], outcome: string): number {
  return attempts.filter((attempt) => attempt.outcome === outcome).length;
}

const BODY = "\nHello.\n";

function messageOf(sender: string): string {
  return `${headerOf(sender)}${BODY}`;
}

function headerOf(sender: string): string {
  return `From: ${sender}\nTo: ${RECIPIENT}\nSubject: Mail of ${sender}\n`;
}

function isWhole(sender: string, message: string): boolean {
  return sender.startsWith("null-")
    ? message.startsWith(headerOf(sender)) && message.endsWith(BODY)
    : message.startsWith(`From: <${sender}>\nTo: <${RECIPIENT}>\n`) &&
      message.length === SOURCE_BYTES;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
