// What the installed programs take for a message, in time and memory, beside what they take for one of
// 10 KB. Knows no message.

import { assert } from "@std/assert";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { installedPrograms } from "../debian/installed_programs.ts";
import { Incoming } from "../support/incoming.ts";
import { largeMail } from "../support/mail.ts";
import { Site } from "../support/site.ts";
import type { Zone } from "../../scripts/host/dns_server.ts";
import { PeakMemory } from "../support/peak_memory.ts";
import { type FilterRun, runFilter } from "../support/queue.ts";
import { PEM } from "../support/verifying.ts";

/** What a message may take beyond one of 10 KB. */
const LIMIT_MB = 80;
/** The time of one of 10 KB that often, and once more for each megabyte. */
const LIMIT_TIMES = 6;

/** What a run took. */
export interface Cost {
  ms: number;
  mb: number;
}

/** Runs a program to its end. */
export async function measure(run: FilterRun) {
  const peak = new PeakMemory();
  const start = performance.now();
  const result = await runFilter({
    ...run,
    timeoutMs: 120_000,
    onStart: (pid) => peak.watch(pid),
  }).finally(() => peak.stop());
  return {
    result,
    cost: { ms: performance.now() - start, mb: peak.bytes / 1e6 },
  };
}

/** A site that signs with the key that everybody's record is of, and a host that takes mail in. */
export class Both implements AsyncDisposable {
  #bin: string;
  #site: Site;
  #host: Incoming;
  #usual: Record<"dk-sign" | "dk-verify", Cost> | undefined;

  private constructor(bin: string, site: Site, host: Incoming) {
    this.#bin = bin;
    this.#site = site;
    this.#host = host;
  }

  /** @param zone What DNS says, where it is not the usual. */
  static async open(zone?: Zone): Promise<Both> {
    const site = await Site.open();
    await site.addKey("example.com", "default", {
      privateKey: createPrivateKey(PEM),
      publicKey: createPublicKey(PEM),
    });
    return new Both(
      await installedPrograms("bundled"),
      site,
      await Incoming.open(zone),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host[Symbol.asyncDispose]();
    await this.#site[Symbol.asyncDispose]();
  }

  sign(message: Uint8Array) {
    const { env } = this.#site;
    return measure({ command: [`${this.#bin}/dk-sign`], message, env });
  }

  verify(message: Uint8Array) {
    const { env } = this.#host;
    return measure({ command: [`${this.#bin}/dk-verify`], message, env });
  }

  /** The most that a message of 10 KB takes; by now the programs are in the system's memory. */
  async usual(): Promise<Record<"dk-sign" | "dk-verify", Cost>> {
    const message = largeMail(10_000);
    const signed = (await this.sign(message)).result.queued!.message;
    this.#usual ??= {
      "dk-sign": await most(() => this.sign(message)),
      "dk-verify": await most(() => this.verify(signed)),
    };
    return this.#usual;
  }
}

async function most(run: () => Promise<{ cost: Cost }>): Promise<Cost> {
  const costs: Cost[] = [];
  while (costs.length < 3) costs.push((await run()).cost);
  return {
    ms: Math.max(...costs.map(({ ms }) => ms)),
    mb: Math.max(...costs.map(({ mb }) => mb)),
  };
}

/** Tells whether a run took no longer than it may: one that did may have met a busy machine. */
export function isQuick(cost: Cost, usual: Cost, bytes: number): boolean {
  return cost.ms / usual.ms <= LIMIT_TIMES + bytes / 1e6;
}

export function assertBounded(
  name: string,
  cost: Cost,
  usual: Cost,
  bytes: number,
) {
  const times = cost.ms / usual.ms;
  const moreMb = cost.mb - usual.mb;
  const limitTimes = LIMIT_TIMES + bytes / 1e6;
  console.log(
    `${name}: ${cost.ms.toFixed()} ms, ${times.toFixed(1)} times 10 KB ` +
      `(limit ${limitTimes.toFixed()}); ${moreMb.toFixed()} MB more`,
  );
  assert(usual.mb > 20 && isQuick(cost, usual, bytes), `${name}: too slow`);
  assert(moreMb <= LIMIT_MB, `${name}: too much memory`);
}
