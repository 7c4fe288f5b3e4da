// Counts the mails of the resident process, and writes the numbers in Prometheus' text format. Knows no
// file.

import type { Reply } from "./reply.ts";

/** Upper bounds of the histograms, in seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30];

/** A mail in work. */
export interface Mail {
  /** Counts what has become of it, and returns that. */
  end(reply: Reply): Reply;
}

/** Counts mails. */
export class Statistics {
  #mails = new Map<string, number>();
  #seconds = { sum: 0, count: 0, buckets: BOUNDS.map(() => 0) };
  #taken = 0;
  #mostTaken = 0;
  #copies = 0;
  #full = 0;
  #unknown = 0;
  #now: () => number;
  #startedAt: number;

  /** @param now Seconds since any moment. */
  constructor(now: () => number) {
    this.#now = now;
    this.#startedAt = now();
  }

  begin(program: string): Mail {
    const begunAt = this.#now();
    this.#taken++;
    this.#mostTaken = Math.max(this.#mostTaken, this.#taken);
    return {
      end: (reply) => {
        this.#taken--;
        if (reply.action === "copy") {
          this.#copies++;
          return reply;
        }
        const key = `program="${safe(program)}",answer="${answerOf(reply)}"`;
        this.#mails.set(key, (this.#mails.get(key) ?? 0) + 1);
        this.#observe(this.#now() - begunAt);
        return reply;
      },
    };
  }

  /** Counts a launcher that has found no slot. */
  full(): void {
    this.#full++;
  }

  /** Counts a line that no launcher writes. */
  unknown(): void {
    this.#unknown++;
  }

  /** Writes the counts, with the version and the memory in bytes. */
  format(
    { version, residentBytes }: { version: string; residentBytes: number },
  ): string {
    const { sum, count, buckets } = this.#seconds;
    const le = BOUNDS.map((bound, at) =>
      `dk_work_seconds_bucket{le="${bound}"} ${buckets[at]}`
    );
    return [
      "# TYPE dk_mails_total counter",
      ...this.#mails.entries().map(([key, n]) => `dk_mails_total{${key}} ${n}`),
      "# TYPE dk_copies_total counter",
      `dk_copies_total ${this.#copies}`,
      "# TYPE dk_no_slot_total counter",
      `dk_no_slot_total ${this.#full}`,
      "# TYPE dk_unknown_requests_total counter",
      `dk_unknown_requests_total ${this.#unknown}`,
      "# TYPE dk_work_seconds histogram",
      ...le,
      `dk_work_seconds_bucket{le="+Inf"} ${count}`,
      `dk_work_seconds_sum ${sum.toFixed(6)}`,
      `dk_work_seconds_count ${count}`,
      "# TYPE dk_slots_working gauge",
      `dk_slots_working ${this.#taken}`,
      "# TYPE dk_slots_working_max gauge",
      `dk_slots_working_max ${this.#mostTaken}`,
      "# TYPE dk_resident_memory_bytes gauge",
      `dk_resident_memory_bytes ${residentBytes}`,
      "# TYPE dk_uptime_seconds gauge",
      `dk_uptime_seconds ${Math.floor(this.#now() - this.#startedAt)}`,
      "# TYPE dk_info gauge",
      `dk_info{version="${safe(version)}"} 1`,
      "",
    ].join("\n");
  }

  #observe(seconds: number): void {
    this.#seconds.sum += seconds;
    this.#seconds.count++;
    for (const [at, bound] of BOUNDS.entries()) {
      if (seconds <= bound) this.#seconds.buckets[at]!++;
    }
  }
}

/** Names a refusal by its exit code: 31 is the site's decision, 81 a bug of ours. */
function answerOf(reply: Reply): string {
  return reply.action === "refuse" ? `exit ${reply.code}` : reply.action;
}

/** Writes a word of a launcher as the value of a label. */
function safe(text: string): string {
  return text.replace(/[^\w.-]/g, "?").slice(0, 40);
}
