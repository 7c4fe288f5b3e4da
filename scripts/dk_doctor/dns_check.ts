// Checks whether each DNS server answers, and how fast. Asks for names outside our own zones: a
// program that verifies needs a server that recurses.

import { ENVIRONMENT } from "./environment.ts";
import { DnsClient } from "../../lib/system/dns/client.ts";
import type { DnsConfig, DnsServer } from "../../lib/system/dns/config.ts";
import { findBarrier, isThere } from "./access.ts";
import type { Account } from "./accounts.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

const NAMES = ["example.com", "example.net", "example.org"];
const SLOW_MS = 1000;

/** The answers of one server. */
interface Trial {
  server: DnsServer;
  trouble: string | undefined;
  medianMs: number;
}

const RESOLV_CONF = "/etc/resolv.conf";

/** Checks that the users who run the programs can read resolv.conf. For root a trial proves nothing. */
export async function checkResolvConf(accounts: Account[]): Promise<Finding[]> {
  const isAsked = /\S/.test(ENVIRONMENT.get("DNSCACHEIP") ?? "");
  if (isAsked || !isThere(RESOLV_CONF)) return [];
  for (const account of accounts) {
    const barrier = await findBarrier(account, RESOLV_CONF, "read");
    if (barrier === undefined) continue;
    const detail = `${barrier.reason}: no DNS server is asked`;
    return [fail("dns", RESOLV_CONF, detail, barrier.advice)];
  }
  return [];
}

/** Checks the servers one by one. */
export async function checkDns(config: DnsConfig): Promise<Finding[]> {
  if (config.trouble !== undefined) {
    return [
      fail("dns", RESOLV_CONF, config.trouble, `chmod a+r ${RESOLV_CONF}`),
    ];
  }
  const trials = await Promise.all(
    config.servers.map((server) => tryServer(config, server)),
  );
  const anyWorks = trials.some(({ trouble }) => trouble === undefined);
  return trials.map(({ server, trouble, medianMs }) => {
    const name = formatServer(server);
    if (trouble !== undefined) {
      const advice =
        `dig @${server.hostname} -p ${server.port} example.com TXT; name a server that resolves any name in DNSCACHEIP or /etc/resolv.conf`;
      return anyWorks
        ? warn("dns", name, `${trouble}; others do answer`, advice)
        : fail("dns", name, trouble, advice);
    }
    const detail = `answers in ${
      medianMs.toFixed(1)
    } ms, the median of ${NAMES.length} questions`;
    return medianMs > SLOW_MS
      ? warn("dns", name, `slow: ${detail}`, "run a cache on this machine")
      : ok("dns", name, detail);
  });
}

async function tryServer(
  config: DnsConfig,
  server: DnsServer,
): Promise<Trial> {
  const client = new DnsClient({ ...config, servers: [server], attempts: 1 });
  const asked = await Promise.all(NAMES.map(async (name) => {
    const start = performance.now();
    const answer = await client.txt(name);
    const trouble = answer.outcome === "temporary" ? answer.detail : undefined;
    return { trouble, ms: performance.now() - start };
  }));
  const times = asked.map(({ ms }) => ms).sort((a, b) => a - b);
  // One missing answer is chance. More than half of them missing is a fault.
  const troubles = asked.flatMap(({ trouble }) => trouble ?? []);
  return {
    server,
    trouble: troubles.length > NAMES.length / 2 ? troubles[0] : undefined,
    medianMs: times[times.length >> 1]!,
  };
}

/** Writes a server as a person writes it. */
export function formatServer({ hostname, port }: DnsServer): string {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  return `${host}:${port}`;
}
