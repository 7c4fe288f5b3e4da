// Serves launchers: takes a request, reads the claim, does the work, replies. Mails overlap. On any
// fault the reply is `again`, and the launcher does everything itself.

import type { Machine } from "../program/machine.ts";
import { isAlive, startOf } from "../system/process/alive.ts";
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

/** The time that a launcher has to write its process id into a claim. */
const WRITING_SECONDS = 10;

/** The time that an ending process waits for launchers that have begun. */
const LAST_WAIT_MS = 100;
const LAST_WAITS = 100;

/** Serves one folder. */
export class Server {
  #folder: Folder;
  #machine: Machine;
  #version: string;
  #statistics: Statistics;
  /** The launcher of each mail in work, by slot, with its start time. */
  #owners = new Map<number, { pid: number; start: string | undefined }>();
  #working = new Set<number>();
  #idle = Promise.withResolvers<void>();
  #stopping: string | undefined;

  /** @param version The version of our programs, which launchers name too. */
  constructor(
    folder: Folder,
    machine: Machine,
    version: string,
    statistics: Statistics,
  ) {
    this.#folder = folder;
    this.#machine = machine;
    this.#version = version;
    this.#statistics = statistics;
  }

  /** The reason why the process ends, once there is one. */
  get stopping(): string | undefined {
    return this.#stopping;
  }

  /** Answers requests until the process has a reason to end. */
  async serve(): Promise<void> {
    for (const slot of this.#folder.slots) this.#leave(slot);
    this.#folder.invite();
    this.#answerAll();
    await this.#idle.promise;
    // A launcher that has just seen our process id still needs its reply.
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
      const owner = this.#owners.get(slot.number);
      const pid = owner?.pid ?? this.#ownerOf(slot);
      const isGone = pid === undefined
        ? age > WRITING_SECONDS
        : !isAlive(pid) || owner !== undefined && owner.start !== startOf(pid);
      if (isGone && !this.#working.has(slot.number)) this.#free(slot);
    }
  }

  async #answerAll(): Promise<void> {
    for await (const request of this.#folder.requests()) {
      switch (request.is) {
        case "new":
          this.#take(this.#folder.slots[request.slot]!);
          break;
        case "done":
          this.#free(this.#folder.slots[request.slot]!);
          break;
        case "full":
          this.#statistics.full();
          break;
        case "unknown":
          this.#statistics.unknown();
      }
    }
  }

  async #take(slot: Slot): Promise<void> {
    if (this.#working.has(slot.number)) return;
    const pid = this.#ownerOf(slot);
    if (pid === undefined) return;
    this.#owners.set(slot.number, { pid, start: startOf(pid) });
    const claim = this.#claimOf(slot);
    const program = claim?.program ?? "";
    const mail = this.#statistics.begin(isKnown(program) ? program : "unknown");
    if (claim !== undefined && claim.version !== this.#version) {
      this.stop("another version is there");
    }
    const isOurs = claim !== undefined && isKnown(program);
    if (this.#stopping !== undefined || !isOurs) {
      return this.#reply(slot, pid, mail.end({ action: "again" }));
    }
    this.#working.add(slot.number);
    const reply = await work({
      slot,
      claim: { ...claim, program },
      machine: this.#machine,
    });
    this.#working.delete(slot.number);
    this.#reply(slot, pid, mail.end(reply));
    if (this.#stopping !== undefined && this.#working.size === 0) {
      this.#idle.resolve();
    }
  }

  #claimOf(slot: Slot): Claim | undefined {
    const octets = slot.readClaim(MAX_CLAIM_OCTETS + 1);
    return octets === undefined ? undefined : parseClaim(octets);
  }

  #ownerOf(slot: Slot): number | undefined {
    const octets = slot.readClaim(OWNER_OCTETS);
    return octets === undefined ? undefined : parseOwner(octets);
  }

  /** Replies `again` to the launchers of the process before this one. */
  #leave(slot: Slot): void {
    const pid = this.#ownerOf(slot);
    if (pid !== undefined && isAlive(pid)) {
      this.#reply(slot, pid, { action: "again" });
      return;
    }
    slot.drain();
    if (pid !== undefined) this.#free(slot);
  }

  #reply(slot: Slot, pid: number, reply: Reply): void {
    slot.reply(formatReply(pid, reply));
  }

  #free(slot: Slot): void {
    if (this.#working.has(slot.number)) return;
    this.#owners.delete(slot.number);
    slot.free();
  }
}
