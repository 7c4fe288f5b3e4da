// Mails of several hosts to two hubs, which crash, freeze, lose the network and their resident process.
// Knows what is sent and what fails when; what is right the test says.

import { Random } from "../support/random.ts";
import type { Attempt } from "./attempt.ts";
import { until } from "./daemon.ts";
import type { Hub } from "./hub.ts";
import { RECIPIENT } from "./mail_host.ts";
import type { Network } from "./network.ts";
import type { Nullmailer } from "./nullmailer.ts";
import { sendByQmqp, SOURCE_BYTES } from "./qmqp_source.ts";

/** How long a client waits for a hub. */
export const LIMIT_SECONDS = 4;
/** How often a client without a queue tries, and how many mails at a time it sends. */
const TRIES = 50;
const SESSIONS = 2;

type Misfortune = (hub: Hub, network: Network, random: Random) => Promise<void>;

const MISFORTUNES: Record<string, Misfortune> = {
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

/** Mails in equal parts: one at the beginning, and one with each misfortune of each hub. */
export class HubStorm {
  /** How many mails hubs had in hand when misfortunes befell them. */
  inHand = 0;
  readonly #hubs: Hub[];
  readonly #network: Network;
  readonly #nullmailer: Nullmailer;
  readonly #random: Random;
  readonly #parts: number;
  #attempts: Attempt[] = [];
  #queued = 0;
  #begun = 0;
  #isOver = false;

  constructor(
    hubs: Hub[],
    network: Network,
    nullmailer: Nullmailer,
    seed: number,
  ) {
    this.#hubs = hubs;
    this.#network = network;
    this.#nullmailer = nullmailer;
    this.#random = new Random(seed);
    this.#parts = 1 + hubs.length * Object.keys(MISFORTUNES).length;
  }

  /**
   * Sends all mails, and waits until no client has one any more.
   *
   * @param mails How many the clients have: nullmailer, and hosts without a queue.
   * @param servers The hubs' addresses, in the order of each of these hosts.
   */
  async run(
    mails: Record<string, number>,
    servers: Record<string, string[]>,
  ): Promise<void> {
    const total = Object.values(mails).reduce((sum, count) => sum + count);
    await Promise.all([
      ...Object.entries(mails).map(([client, count]) =>
        servers[client] === undefined
          ? this.#queueAll(client, count)
          : this.#sendAll(client, count, servers[client])
      ),
      this.#befallAll(total / this.#parts),
    ]).finally(() => this.#isOver = true);
    await until(
      "nullmailer's queue is empty",
      () => this.#nullmailer.count("queue") === 0,
    );
  }

  /** All that clients have tried so far. */
  attempts(): Attempt[] {
    return [...this.#attempts, ...this.#nullmailer.attempts()];
  }

  async #queueAll(client: string, count: number): Promise<void> {
    for await (const sender of this.#due(client, count)) {
      await this.#nullmailer.queue(sender, `${headerOf(sender)}${BODY}`);
      this.#queued++;
    }
  }

  async #sendAll(
    client: string,
    count: number,
    servers: string[],
  ): Promise<void> {
    const mails = this.#due(client, count);
    const session = async () => {
      for await (const sender of mails) {
        await this.#send(this.#network.on(client), servers, sender);
      }
    };
    await Promise.all(Array.from({ length: SESSIONS }, session));
  }

  /** Whose program has no queue tries again. */
  async #send(
    words: string[],
    servers: string[],
    sender: string,
  ): Promise<void> {
    for (let tries = 0; tries < TRIES && !this.#isOver; tries++) {
      const made = await sendByQmqp(words, servers, sender, LIMIT_SECONDS);
      this.#attempts.push(...made);
      if (made.at(-1)!.outcome === "accepted") return;
      await sleep(100);
    }
    throw new Error(`No hub takes the mail of ${sender}`);
  }

  /** The senders of a client's mails, each when it is time. */
  async *#due(client: string, count: number): AsyncGenerator<string> {
    for (let n = 0; n < count; n++) {
      while (n >= count * (this.#begun + 1) / this.#parts) {
        if (this.#isOver) return;
        await sleep(20);
      }
      yield `${client}-${n}@example.com`;
    }
  }

  async #befallAll(part: number): Promise<void> {
    for (const hub of this.#hubs) {
      for (const befall of Object.values(MISFORTUNES)) {
        await until(
          "mails go on",
          () => this.#accepted() > (this.#begun + 0.5) * part,
        );
        this.#begun++;
        this.inHand += await hub.inHand();
        await befall(hub, this.#network, this.#random);
      }
    }
  }

  #accepted(): number {
    return countOf(this.#attempts, "accepted") + this.#queued -
      this.#nullmailer.count("queue");
  }
}

/** Counts attempts that ended so. */
export function countOf(
  attempts: Attempt[],
  outcome: Attempt["outcome"],
): number {
  return attempts.filter((attempt) => attempt.outcome === outcome).length;
}

const BODY = "\nHello.\n";

function headerOf(sender: string): string {
  return `From: ${sender}\nTo: ${RECIPIENT}\nSubject: Mail of ${sender}\n`;
}

/** Tells whether a message, from From on, is what the sender has sent. */
export function isWhole(sender: string, message: string): boolean {
  return message.startsWith(headerOf(sender)) && message.endsWith(BODY) ||
    message.startsWith(`From: <${sender}>\nTo: <${RECIPIENT}>\n`) &&
      message.length === SOURCE_BYTES;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
