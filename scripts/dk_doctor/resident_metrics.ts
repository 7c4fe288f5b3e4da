// Reads what a resident process has counted, from its file in Prometheus' text format.

/** What is asked of it here. */
export interface Metrics {
  /** Mails that it has done; not those that a launcher was to do by itself. */
  done: number;
  mostTaken: number;
  /** Launchers that found no slot. */
  full: number;
  version: string;
  /** When the process was started, within a second. */
  startedMs: number;
  writtenMs: number;
}

/** @param writtenMs When the file was written. */
export function parseMetrics(text: string, writtenMs: number): Metrics {
  const valueOf = (name: string) =>
    Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? 0);
  const mails = text.matchAll(/^dk_mails_total\{.*answer="(.*)"\} (\d+)$/gm);
  return {
    done: [...mails].filter(([, answer]) => answer !== "again")
      .reduce((sum, [, , count]) => sum + Number(count), 0),
    mostTaken: valueOf("dk_slots_working_max"),
    full: valueOf("dk_no_slot_total"),
    version: /^dk_info\{version="(.*)"\}/m.exec(text)?.[1] ?? "",
    startedMs: writtenMs - 1000 * (valueOf("dk_uptime_seconds") + 1),
    writtenMs,
  };
}
