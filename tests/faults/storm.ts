// A load of messages by many connections into a Maildir, while everything around the filters fails.
// Knows what is sent and what fails when; what is right the test says.

import { recordOf } from "../support/signed_mail.ts";
import { MailHost, OUTSIDE, RELAYED } from "../debian/mail_host.ts";
import { Random } from "../support/random.ts";
import { KeyRotation } from "./key_rotation.ts";
import { Killer } from "./killer.ts";
import {
  isFromOutside,
  isLarge,
  type Letter,
  LetterWriter,
  THEIR_DOMAIN,
  THEIR_SELECTOR,
} from "./letter.ts";
import { type Audit, auditMaildir } from "./maildir_audit.ts";
import { Progress, sleep } from "./progress.ts";
import { openRoom, type Room } from "./room.ts";
import { SmtpConnection } from "./smtp_connection.ts";
import { isFilter, serverOf, writeCaller } from "./storm_host.ts";
import { SwitchedDns } from "./switched_dns.ts";

/** Half of them come from outside. */
const CONNECTIONS = 8;

/** Refuses what is wrong for good, and defers what DNS does not answer. */
const LETTERS = "BDEGIJKfh,CDGHIJMPQRkl";
const THEIR_KEY = `${THEIR_SELECTOR}._domainkey.${THEIR_DOMAIN}`;

/** What came of it. */
export interface StormResult {
  letters: Letter[];
  audit: Audit;
  kills: Killer["counts"];
  /** How often each fault came. */
  faults: Record<string, number>;
  /** What the filters logged. */
  log: string;
  /** What they left in TMPDIR. */
  leftovers: string[];
  /** Filters that outlived the load. */
  survivors: number;
  seconds: number;
  room: string;
}

/**
 * Sends so many messages through a host in which everything fails at times.
 *
 * @param filter The path of the filter's launcher.
 */
export async function runStorm(
  count: number,
  seed: number,
  filter: string,
): Promise<StormResult> {
  const folder = await Deno.makeTempDir({ prefix: "dk_storm_" });
  try {
    await using dns = new SwitchedDns({ [THEIR_KEY]: [recordOf()] });
    await using room = await openRoom(`${folder}/tmp`);
    const env = {
      QMAILQUEUE: await writeCaller(folder, room, filter),
      TMPDIR: `${folder}/tmp`,
      DNSCACHEIP: dns.address,
      DNSTIMEOUT: "2",
    };
    await using host = await MailHost.open({
      env,
      outside: { DKVERIFY: LETTERS },
      hasMaildir: true,
    });
    const storm = new Storm(host, room, dns, new Random(seed));
    const start = performance.now();
    await storm.run(count);
    const seconds = (performance.now() - start) / 1000;
    const letters = new Map(storm.letters.map((each) => [each.serial, each]));
    const records = new Map([...host.site.records, [THEIR_KEY, recordOf()]]);
    return {
      letters: storm.letters,
      audit: await auditMaildir(
        `${host.site.folder}/Maildir`,
        letters,
        records,
      ),
      kills: storm.killer.counts,
      faults: storm.faults,
      log: host.server.stderr,
      leftovers: room.leftovers(),
      survivors: storm.killer.victims().length,
      seconds,
      room: room.kind,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

class Storm {
  readonly letters: Letter[] = [];
  readonly faults: Record<string, number> = {
    "DNS stopped": 0,
    "TMPDIR filled": 0,
    "key replaced": 0,
  };
  readonly killer: Killer;
  #progress = new Progress<Letter>();
  #port: number;
  #room: Room;
  #dns: SwitchedDns;
  #random: Random;
  #rotation: KeyRotation;
  #writer: LetterWriter;

  constructor(host: MailHost, room: Room, dns: SwitchedDns, random: Random) {
    this.#port = host.port;
    this.#room = room;
    this.#dns = dns;
    this.#random = random;
    this.#rotation = new KeyRotation(host.site);
    this.#writer = new LetterWriter(random);
    this.killer = new Killer(serverOf(host), isFilter, random);
  }

  async run(count: number): Promise<void> {
    await this.#rotation.replace(() => Promise.resolve());
    const faults = [
      this.#strike(),
      this.#stopDns(),
      this.#fillRoom(),
      this.#replaceKey(),
    ];
    const load = Array.from(
      { length: CONNECTIONS },
      (_, n) => this.#send(count, n % 2 === 0),
    );
    await Promise.all(load).finally(() => this.#progress.end());
    await Promise.all(faults);
  }

  async #send(count: number, isOurs: boolean): Promise<void> {
    const open = () =>
      SmtpConnection.open(this.#port, isOurs ? RELAYED : OUTSIDE);
    let connection = await open();
    while (this.letters.length < count) {
      const writing = this.#writer.write(isOurs);
      const { letter, message } = await writing;
      if (this.letters.length >= count) break;
      this.letters.push(letter);
      this.#progress.add(letter);
      letter.answer = await connection.send(
        message,
        `ann@${isOurs ? "example.com" : THEIR_DOMAIN}`,
        "bob@example.net",
      );
      if (letter.answer.code !== 0) continue;
      await connection.close();
      connection = await open();
    }
    await connection.close();
  }

  async #strike(): Promise<void> {
    const strokes: Promise<void>[] = [];
    for (;;) {
      await this.#progress.more(1 + this.#random.below(7));
      if (this.#progress.hasEnded) break;
      await sleep(this.#random.below(150));
      strokes.push(this.killer.strike());
    }
    await Promise.all(strokes);
  }

  async #stopDns(): Promise<void> {
    for (;;) {
      await this.#some(15, 45);
      if (this.#progress.hasEnded) return;
      await this.#dns.stop();
      this.faults["DNS stopped"]!++;
      // More than there are connections: some of them have waited until they were deferred.
      await this.#some(CONNECTIONS / 2 + 1, CONNECTIONS, isFromOutside);
      this.#dns.start();
    }
  }

  async #fillRoom(): Promise<void> {
    for (;;) {
      await this.#some(15, 45);
      if (this.#progress.hasEnded) return;
      await this.#room.fill();
      this.faults["TMPDIR filled"]!++;
      await this.#some(1, 3, isLarge);
      await this.#room.empty();
    }
  }

  async #replaceKey(): Promise<void> {
    for (;;) {
      await this.#some(10, 50);
      if (this.#progress.hasEnded) return;
      await this.#rotation.replace(() => this.#some(2, 8));
      this.faults["key replaced"]!++;
    }
  }

  #some(
    least: number,
    most: number,
    counts?: (letter: Letter) => boolean,
  ): Promise<void> {
    const count = least + this.#random.below(most - least + 1);
    return this.#progress.more(count, counts);
  }
}
