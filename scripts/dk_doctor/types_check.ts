// Checks that the DNS servers answer what SPF asks beside TXT: some forwarders know addresses alone.
// Asks for names outside our own zones.

import type { RecordType } from "../../lib/ports/resolver.ts";
import { DnsClient } from "../../lib/system/dns/client.ts";
import type { DnsConfig, DnsServer } from "../../lib/system/dns/config.ts";
import { formatServer } from "./dns_check.ts";
import { type Finding, ok, warn } from "./finding.ts";

/** A question of each type. That there is no such record is an answer. */
const QUESTIONS: readonly (readonly [type: RecordType, name: string])[] = [
  ["MX", "example.com"],
  ["PTR", "1.2.0.192.in-addr.arpa"],
];

/** Checks the servers one by one. */
export async function checkTypes(config: DnsConfig): Promise<Finding[]> {
  return await Promise.all(
    config.servers.map((server) => tryServer(config, server)),
  );
}

async function tryServer(
  config: DnsConfig,
  server: DnsServer,
): Promise<Finding> {
  const client = new DnsClient({ ...config, servers: [server], attempts: 1 });
  const answers = await Promise.all(
    QUESTIONS.map(([type, name]) => client.lookup(name, type)),
  );
  const at = answers.findIndex(({ outcome }) => outcome === "temporary");
  const subject = formatServer(server);
  const answer = answers[at];
  if (answer?.outcome !== "temporary") {
    return ok("dns", subject, "answers for MX and PTR, as SPF needs it");
  }
  const [type, name] = QUESTIONS[at]!;
  const { hostname, port } = server;
  return warn(
    "dns",
    subject,
    `no ${type}, which SPF needs: ${answer.detail}`,
    `dig @${hostname} -p ${port} ${name} ${type}; name a server that resolves every type in DNSCACHEIP or /etc/resolv.conf`,
  );
}
