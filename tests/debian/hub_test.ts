// Hosts that only send, and hubs that sign for them, each in a network namespace of its own: what clients
// of QMQP were told is held against what is in the hubs' queues. DK_SEED to repeat a run.

import { assert, assertEquals } from "@std/assert";
import { Folder } from "../support/installer.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";
import type { Attempt } from "./attempt.ts";
import { Hub, NEEDS_HUB, type QueuedMail } from "./hub.ts";
import { type Audit, auditHubs } from "./hub_audit.ts";
import { countOf, HubStorm, isWhole, LIMIT_SECONDS } from "./hub_storm.ts";
import { Network, NETWORKS } from "./network.ts";
import { NEEDS_NULLMAILER, Nullmailer } from "./nullmailer.ts";
import { NEEDS_SOURCE, sendByQmqp } from "./qmqp_source.ts";

const SEED = Number(Deno.env.get("DK_SEED") ?? Date.now() % 1e9);

const HUBS = { hub1: "10.77.0.1", hub2: "10.77.0.2" };
const CLIENTS = { null: "10.77.1.1", one: "10.77.1.2", two: "10.77.1.3" };
/** Whom the hubs' rules let in. */
const ALLOWED = "10.77.1.";

const MAILS: Record<keyof typeof CLIENTS, number> = {
  null: 320,
  one: 340,
  two: 340,
};
const TOTAL = Object.values(MAILS).reduce((sum, count) => sum + count);

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

    const began = performance.now();
    const storm = new HubStorm(hubs, network, nullmailer, SEED);
    await storm.run(MAILS, { one: inOrder, two: inOrder.toReversed() });
    const seconds = Math.round((performance.now() - began) / 1000);

    const attempts = storm.attempts();
    const queued = hubs.flatMap((hub) => hub.queued());
    const audit = (attempts: Attempt[], queued: QueuedMail[]) =>
      auditHubs(attempts, queued, isWhole, site.records);
    const { twice, ...faults } = await audit(attempts, queued);
    const what = [
      `seed ${SEED}: ${countOf(attempts, "accepted")} accepted in ${seconds} s`,
      `${queued.length} queued, ${twice.length} of them twice`,
      `${storm.inHand} in hand at misfortunes`,
      ...Object.entries(HUBS).map(([name, address]) =>
        `${name} ${describe(attempts, address)}`
      ),
    ].join("; ");
    console.log(what);
    assertEquals(faults, NO_FAULTS, what);
    assertEquals(countOf(attempts, "accepted"), TOTAL, what);
    assertEquals(nullmailer.count("failed"), 0, what);
    // A storm without these proves nothing.
    assert(storm.inHand > 0, what);
    assert(countOf(attempts, "unclear") > 0, what);
    assert(countOf(attempts, "unreached") > 0, what);
    for (const hub of hubs) {
      assert(hub.queued().length > TOTAL / 10, what);
      assert(await hub.signedByResident() > 0, what);
    }
    await checkAudit(attempts, queued, audit);
  },
  NETWORKS,
  ...NEEDS_HUB,
  NEEDS_NULLMAILER,
  NEEDS_SOURCE,
);

/** What clients have made of a hub. */
function describe(attempts: Attempt[], address: string): string {
  const tried = attempts.filter(({ server }) => server === address);
  return (["accepted", "unclear", "unreached"] as const).map((outcome) =>
    `${outcome} ${countOf(tried, outcome)}`
  ).join(", ");
}

/** The same audit finds a mail that is lost, queued twice, nobody's or changed. */
async function checkAudit(
  attempts: Attempt[],
  queued: QueuedMail[],
  audit: (attempts: Attempt[], queued: QueuedMail[]) => Promise<Audit>,
): Promise<void> {
  const attempt = attempts.find(({ sender, outcome }) =>
    outcome === "accepted" &&
    attempts.filter((other) => other.sender === sender).length === 1
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
