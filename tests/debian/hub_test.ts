// Hosts that only send, and hubs that sign for them, each in a network namespace of its own: mails go by
// QMQP while hubs crash, freeze, lose the network and their resident process. What a client was told is
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
import { Network, NETWORKS } from "./network.ts";
import { NEEDS_NULLMAILER, Nullmailer } from "./nullmailer.ts";
import { NEEDS_SOURCE, sendByQmqp, SOURCE_BODY } from "./qmqp_source.ts";

const SEED = Number(Deno.env.get("DK_SEED") ?? Date.now() % 1e9);

const HUBS = { hub1: "10.77.0.1", hub2: "10.77.0.2" };
/** What the rules of the hubs allow, and all clients are in. */
const CLIENTS = "10.77.1.";
const [FIRST, SECOND] = [HUBS.hub1, HUBS.hub2];

/** Mails by client. */
const MAILS = { null: 320, source1: 340, source2: 340 };
const TOTAL = Object.values(MAILS).reduce((sum, count) => sum + count);
/** So many at a time from a client without a queue. */
const SESSIONS = 2;
/** After so many mails the next misfortune. */
const CALM = 50;

const NONE: Omit<Audit, "twice"> = {
  missing: [],
  repeated: [],
  unknown: [],
  damaged: [],
};

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

endToEnd(
  `${TOTAL} mails of three hosts reach two hubs that crash, freeze and are cut off`,
  async () => {
    const random = new Random(SEED);
    await using folder = await Folder.make();
    await using site = await Site.open();
    await using network = await Network.open({
      ...HUBS,
      null: `${CLIENTS}1`,
      source1: `${CLIENTS}2`,
      source2: `${CLIENTS}3`,
    });
    const open = async (name: keyof typeof HUBS) => {
      const path = `${folder.path}/${name}`;
      const hub = await Hub.make(name, path, network, site, CLIENTS);
      await hub.start();
      return hub;
    };
    await using hub1 = await open("hub1");
    await using hub2 = await open("hub2");
    const hubs = [hub1, hub2];
    await using nullmailer = await Nullmailer.open(
      `${folder.path}/null`,
      network.on("null"),
      [`${FIRST} qmqp`, `${SECOND} qmqp`],
    );

    const attempts: Attempt[] = [];
    const acceptedOf = (list: Attempt[]) =>
      list.filter(({ outcome }) => outcome === "accepted").length;
    const accepted = () =>
      acceptedOf(attempts) + acceptedOf(nullmailer.attempts());
    const isOver = () => accepted() >= TOTAL;

    const queueAll = async () => {
      for (let n = 0; n < MAILS.null; n++) {
        await nullmailer.queue(senderOf("null", n), messageOf("null", n));
      }
    };
    const sendAll = async (name: "source1" | "source2", servers: string[]) => {
      let next = 0;
      const send = async () => {
        while (next < MAILS[name]) {
          const sender = senderOf(name, next++);
          // The program that has no queue tells its user, who tries again.
          for (let isDone = false; !isDone;) {
            const made = await sendByQmqp(network.on(name), servers, sender);
            attempts.push(...made);
            isDone = made.at(-1)!.outcome === "accepted";
            if (!isDone) await sleep(100);
          }
        }
      };
      await Promise.all(Array.from({ length: SESSIONS }, send));
    };

    /** How often each misfortune came, and how many mails were in hand. */
    const weather = { crashed: 0, frozen: 0, cut: 0, "without resident": 0 };
    let lostInHand = 0;
    const misfortunes: Record<keyof typeof weather, (hub: Hub) => unknown> = {
      crashed: async (hub) => {
        lostInHand += await hub.inHand();
        await hub.crash();
        await sleep(500 + random.below(1500));
        await hub.start();
      },
      frozen: async ({ name }) => {
        await network.signal(name, "SIGSTOP");
        await sleep(500 + random.below(1500));
        await network.signal(name, "SIGCONT");
      },
      cut: async ({ name }) => {
        await network.cut(name);
        await sleep(2000 + random.below(2000));
        await network.join(name);
      },
      "without resident": async (hub) => {
        hub.killResident();
        await sleep(500 + random.below(500));
        await hub.startResident();
      },
    };
    const strike = async () => {
      const kinds = Object.keys(misfortunes) as (keyof typeof weather)[];
      for (let round = 0; !isOver(); round++) {
        const before = accepted();
        await until(
          "mails go on",
          () => accepted() > before + CALM || isOver(),
        );
        if (isOver()) return;
        const kind = kinds[round % kinds.length]!;
        // One at a time, and each kind for each of them.
        const hub = hubs[Math.floor(round / kinds.length) % hubs.length]!;
        await misfortunes[kind](hub);
        weather[kind]++;
      }
    };

    const start = performance.now();
    await Promise.all([
      queueAll(),
      sendAll("source1", [FIRST, SECOND]),
      sendAll("source2", [SECOND, FIRST]),
      strike(),
    ]);
    const seconds = (performance.now() - start) / 1000;
    await until(
      "nullmailer's queue is empty",
      () => nullmailer.count("queue") === 0,
    );
    assertEquals(nullmailer.count("failed"), 0);

    const all = [...attempts, ...nullmailer.attempts()];
    const queued = hubs.flatMap((hub) => hub.queued());
    const audit = (attempts: Attempt[], queued: QueuedMail[]) =>
      auditHubs(attempts, queued, bodyOf, site.records);
    const { twice, ...faults } = await audit(all, queued);
    const ended = (server: string, outcome: Attempt["outcome"]) =>
      all.filter((each) => each.server === server && each.outcome === outcome)
        .length;
    const outcomes = Object.fromEntries(
      Object.entries(HUBS).map(([name, address]) => [name, {
        accepted: ended(address, "accepted"),
        unreached: ended(address, "unreached"),
        unclear: ended(address, "unclear"),
      }]),
    );
    console.log(
      `seed ${SEED}: ${acceptedOf(all)} accepted in ${
        Math.round(seconds)
      } s, ` +
        `${queued.length} in the queues, ${twice.length} of them twice; ` +
        `${lostInHand} in hand at crashes`,
      weather,
      outcomes,
    );
    assertEquals(faults, NONE, `seed ${SEED}`);
    assertEquals(acceptedOf(all), TOTAL, `seed ${SEED}`);
  },
  NETWORKS,
  ...NEEDS_HUB,
  NEEDS_NULLMAILER,
  NEEDS_SOURCE,
);

function senderOf(client: string, n: number): string {
  return `${client}-${n}@example.com`;
}

function messageOf(client: string, n: number): string {
  const sender = senderOf(client, n);
  return `From: ${sender}\nTo: bob@example.net\nSubject: ${n}\n\n${
    bodyOf(sender)
  }`;
}

function bodyOf(sender: string): string {
  return sender.startsWith("null-")
    ? `Hello.\nThis is ${sender}\n`
    : SOURCE_BODY;
}
