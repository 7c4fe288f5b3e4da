// Whom to ask for a record: the servers of DNSCACHEIP or resolv.conf, and the name servers of the zone.

import type { Resolver } from "../../lib/ports/resolver.ts";
import { DnsClient } from "../../lib/system/dns/client.ts";
import type { DnsConfig, DnsServer } from "../../lib/system/dns/config.ts";

const DNS_PORT = 53;

/** One asker for each server, so that no other one answers in its place. */
export function eachOf(
  config: DnsConfig,
  servers = config.servers,
): Resolver[] {
  return servers.map((server) =>
    new DnsClient({ ...config, servers: [server] })
  );
}

/**
 * Finds every address of every name server of a domain's zone.
 *
 * @throws {Error} If one of them cannot be found: nobody would know what it says.
 */
export async function findNameServers(
  config: DnsConfig,
  domain: string,
): Promise<DnsServer[]> {
  const client = new DnsClient(config);
  const labels = domain.split(".");
  for (const n of labels.keys()) {
    const zone = labels.slice(n).join(".");
    const answer = await client.lookup(zone, "NS");
    if (answer.outcome === "nodata" || answer.outcome === "nxdomain") continue;
    if (answer.outcome !== "records") {
      throw new Error(`Cannot find the name servers of "${zone}"`);
    }
    const found = await Promise.all(
      answer.records.map((name) => addressesOf(client, name)),
    );
    return found.flat();
  }
  throw new Error(`Cannot find the name servers of "${domain}"`);
}

async function addressesOf(
  client: DnsClient,
  name: string,
): Promise<DnsServer[]> {
  const answers = await Promise.all([
    client.lookup(name, "A"),
    client.lookup(name, "AAAA"),
  ]);
  const addresses = answers.flatMap((answer) =>
    answer.outcome === "records" ? answer.records : []
  );
  if (addresses.length === 0) {
    throw new Error(`Cannot find an address of the name server "${name}"`);
  }
  return addresses.map((hostname) => ({ hostname, port: DNS_PORT }));
}
