// Ends and stops processes at random moments. Each is stopped first and looked at again: one that
// has become the queue meanwhile goes on unharmed. Knows no message.

import type { Random } from "../support/random.ts";
import { sleep } from "./progress.ts";
import {
  commandLineOf,
  descendantsOf,
  hasEnded,
  type Process,
  standsStill,
} from "./processes.ts";

/** What becomes of a process; SIGSTOP is followed by SIGCONT. */
const STROKES = ["SIGKILL", "SIGTERM", "SIGSTOP"] as const;
type Stroke = typeof STROKES[number];

const LONGEST_STOP_MS = 800;

/** Strikes at the descendants of a process. */
export class Killer {
  readonly counts: Record<Stroke | "spared", number> = {
    SIGKILL: 0,
    SIGTERM: 0,
    SIGSTOP: 0,
    spared: 0,
  };
  #ancestor: number;
  #isVictim: (command: string[]) => boolean;
  #random: Random;
  /** Those that are being struck at. */
  #struck = new Set<number>();

  constructor(
    ancestor: number,
    isVictim: (command: string[]) => boolean,
    random: Random,
  ) {
    this.#ancestor = ancestor;
    this.#isVictim = isVictim;
    this.#random = random;
  }

  /** Strikes at one of the victims that there are, if there are any. */
  async strike(): Promise<void> {
    const victims = this.victims().filter(({ pid }) => !this.#struck.has(pid));
    if (victims.length === 0) return;
    const victim = this.#random.pick(victims);
    this.#struck.add(victim.pid);
    await this.#strikeAt(victim);
    this.#struck.delete(victim.pid);
  }

  async #strikeAt(victim: Process): Promise<void> {
    const stroke = this.#random.pick(STROKES);
    const pauseMs = this.#random.below(LONGEST_STOP_MS);
    if (!send(victim, "SIGSTOP")) return;
    while (!standsStill(victim)) {
      if (hasEnded(victim)) return;
      await sleep(1);
    }
    // What stands still cannot become another program between this look and the signal.
    const isVictim = this.#isVictim(commandLineOf(victim));
    this.counts[isVictim ? stroke : "spared"]++;
    if (isVictim && stroke === "SIGSTOP") await sleep(pauseMs);
    else if (isVictim) send(victim, stroke);
    send(victim, "SIGCONT");
    while (isVictim && stroke !== "SIGSTOP" && !hasEnded(victim)) {
      await sleep(1);
    }
  }

  /** Without those that a victim itself has started. */
  victims(): Process[] {
    const all = descendantsOf(this.#ancestor).filter((process) =>
      this.#isVictim(commandLineOf(process))
    );
    const pids = new Set(all.map(({ pid }) => pid));
    return all.filter(({ parent }) => !pids.has(parent));
  }
}

/** @returns Whether it was still there. */
function send({ pid }: Process, signal: Deno.Signal): boolean {
  try {
    Deno.kill(pid, signal);
    return true;
  } catch (error) {
    // It has ended just now.
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
