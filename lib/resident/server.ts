// Serves launchers: takes a request, reads the claim, does the work, replies. Mails overlap. On any
// fault the reply is `again`, and the launcher does everything itself.

import type { Machine } from "../program/machine.ts";
import { isAliveOfOurs, startOf } from "../system/process/alive.ts";
import type { Folder } from "../system/slots/folder.ts";
import type { Slot } from "../system/slots/slot.ts";
import {
  type Claim,
  MAX_CLAIM_OCTETS,
  OWNER_OCTETS,
  parseClaim,
  parseOwner,
} from "./claim.ts";
import { formatReply, type Reply } from "./reply.ts";
import type { Statistics } from "./statistics.ts";
import { isKnown, work } from "./work.ts";

/** The time that a launcher has to write its process id into a claim: ten with the next sweep. */
const WRITING_SECONDS = 7;

/** The time that an ending process waits for launchers that have begun. */
const LAST_WAIT_MS = 100;
const LAST_WAITS = 100;

/** A claim that could not be read, for want of descriptors, is looked at again. */
const AGAIN_MS = 1000;

const AGAIN: Reply = { action: "again" };

/** What a server is given. */
export interface Serving {
  folder: Folder;
  machine: Machine;
  /** That of our programs, which launchers name too. */
  version: string;
  statistics: Statistics;
  /** So many mails at a time; who comes then does all by himself. */
  mostMails: number;
}

/** A process, told from a later one that has its number as soon as it has been looked at. */
interface Owner {
  pid: number;
  start?: string | undefined;
  /** Its file is being read by now. */
  isAnswered?: boolean;
}

/** Serves one folder. */
export class Server {
  #folder: Folder;
  #machine: Machine;
  #version: string;
  #statistics: Statistics;
  #mostMails: number;
  /** By slot: whose mail is in hand, and since when that process runs. */
  #owners = new Map<number, Owner>();
  #working = new Set<number>();
  /** Slots of {@linkcode Server.#working} whose launchers have not waited for the reply. */
  #left = new Set<number>();
  #idle = Promise.withResolvers<void>();
  #stopping: string | undefined;

  constructor({ folder, machine, version, statistics, mostMails }: Serving) {
    this.#folder = folder;
    this.#machine = machine;
    this.#version = version;
    this.#statistics = statistics;
    this.#mostMails = mostMails;
  }

  /** The reason why the process ends, once there is one. */
  get stopping(): string | undefined {
    return this.#stopping;
  }

  /** Takes over what the process before this one has left. */
  begin(): void {
    for (const slot of this.#folder.slots) this.#leave(slot);
    this.#folder.invite();
  }

  /**
   * Answers requests until the process is to end.
   *
   * @throws {Error} When the folder cannot be served any more.
   */
  async serve(): Promise<void> {
    await Promise.race([this.#answerAll(), this.#idle.promise]);
    // Who has seen our process id a moment ago is still to be answered.
    for (let waits = 0; waits < LAST_WAITS && this.#hasClaims(); waits++) {
      await new Promise((resolve) => setTimeout(resolve, LAST_WAIT_MS));
    }
  }

  #hasClaims(): boolean {
    this.sweep();
    return this.#folder.slots.some((slot) => slot.ageSeconds() !== undefined);
  }

  /** Takes no more mail, and ends {@linkcode Server.serve} once the mails in work are done. */
  stop(reason: string): void {
    this.#stopping ??= reason;
    this.#folder.uninvite();
    if (this.#working.size === 0) this.#idle.resolve();
  }

  /** Frees the slots of launchers that have ended. */
  sweep(): void {
    for (const slot of this.#folder.slots) {
      const age = slot.ageSeconds();
      if (age === undefined) continue;
      if (this.#working.has(slot.number)) continue;
      if (this.#isGone(slot, age)) this.#free(slot);
    }
  }

  #isGone(slot: Slot, ageSeconds: number): boolean {
    try {
      const owner = this.#owners.get(slot.number) ??
        this.#meet(slot, this.#ownerOf(slot));
      if (owner === undefined) return Math.abs(ageSeconds) > WRITING_SECONDS;
      // Most launchers have gone on before anybody asks.
      if (!("start" in owner)) owner.start = startOf(owner.pid);
      return !isAliveOfOurs(owner.pid) || owner.start !== startOf(owner.pid);
    } catch {
      // It cannot be read now.
      return false;
    }
  }

  async #answerAll(): Promise<void> {
    for await (const request of this.#folder.requests()) {
      switch (request.is) {
        case "new":
          this.#take(this.#folder.slots[request.slot]!, request.pid);
          break;
        case "done":
          this.#leaveTo(this.#folder.slots[request.slot]!, request.pid);
          break;
        case "full":
          this.#statistics.full();
          break;
        case "unknown":
          this.#statistics.unknown();
      }
    }
  }

  /**
   * A claim that cannot be read is somebody's all the same, who waits. So does who has been stopped for so
   * long that his slot is another's by now.
   */
  #take(slot: Slot, asking: number | undefined): void {
    if (this.#working.has(slot.number)) return;
    try {
      const octets = slot.readClaim(MAX_CLAIM_OCTETS + 1) ?? new Uint8Array(0);
      const owner = this.#meet(slot, parseOwner(octets));
      if (owner !== undefined && (asking ?? owner.pid) === owner.pid) {
        this.#answer(slot, owner, parseClaim(octets));
      } else if (asking !== undefined && isAliveOfOurs(asking)) {
        this.#reply(slot, asking, AGAIN);
      }
    } catch {
      setTimeout(() => this.#take(slot, asking), AGAIN_MS);
    }
  }

  /** Frees a slot for its owner alone. */
  #leaveTo(slot: Slot, leaving: number | undefined): void {
    const owner = this.#owners.get(slot.number)?.pid;
    if (leaving === undefined || leaving === (owner ?? this.#ownerOf(slot))) {
      this.#free(slot);
    }
  }

  async #answer(
    slot: Slot,
    owner: Owner,
    claim: Claim | undefined,
  ): Promise<void> {
    const { pid } = owner;
    const program = claim?.program ?? "";
    const mail = this.#statistics.begin(isKnown(program) ? program : "unknown");
    if (claim !== undefined && claim.version !== this.#version) {
      this.stop("another version is there");
    }
    const isOurs = claim !== undefined && isKnown(program);
    const isFull = this.#working.size >= this.#mostMails;
    const isLater = owner.isAnswered === true;
    if (this.#stopping !== undefined || isFull || isLater || !isOurs) {
      return this.#reply(slot, pid, mail.end(AGAIN));
    }
    this.#working.add(slot.number);
    let reply = AGAIN;
    try {
      reply = await work({
        slot,
        claim: { ...claim, program },
        machine: this.#machine,
      });
    } finally {
      // Whatever happens, its launcher waits for a reply.
      this.#working.delete(slot.number);
      owner.isAnswered = reply.action !== "copy";
      this.#reply(slot, pid, mail.end(reply));
      if (this.#left.delete(slot.number)) this.#free(slot);
      if (this.#stopping !== undefined && this.#working.size === 0) {
        this.#idle.resolve();
      }
    }
  }

  /** Notes whose slot it is, as soon as that can be known. */
  #meet(slot: Slot, pid: number | undefined): Owner | undefined {
    if (pid === undefined) return undefined;
    const known = this.#owners.get(slot.number);
    if (known?.pid === pid) return known;
    const owner: Owner = { pid };
    this.#owners.set(slot.number, owner);
    return owner;
  }

  #ownerOf(slot: Slot): number | undefined {
    const octets = slot.readClaim(OWNER_OCTETS);
    return octets === undefined ? undefined : parseOwner(octets);
  }

  /** Replies `again` to the launchers of the process before this one. */
  #leave(slot: Slot): void {
    const pid = this.#ownerOf(slot);
    if (pid !== undefined && isAliveOfOurs(pid)) {
      this.#reply(slot, pid, AGAIN);
      return;
    }
    slot.drain();
    if (pid !== undefined) this.#free(slot);
  }

  #reply(slot: Slot, pid: number, reply: Reply): void {
    slot.reply(formatReply(pid, reply, slot.messageFd));
  }

  #free(slot: Slot): void {
    if (this.#working.has(slot.number)) {
      this.#left.add(slot.number);
      return;
    }
    this.#owners.delete(slot.number);
    slot.free();
  }
}
