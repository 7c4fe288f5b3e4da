// Checks that the domains that we sign for publish SPF and DMARC, as a receiver reads them. Mail goes
// without, so that nothing here is worse than a warning.

import { discoverPolicy } from "../../lib/dmarc/policy.ts";
import { PolicyRecords } from "../../lib/dmarc/policy_records.ts";
import type { Lookup } from "../../lib/ports/resolver.ts";
import { parseRecord, selectRecords } from "../../lib/spf/record.ts";
import { DnsClient } from "../../lib/system/dns/client.ts";
import type { DnsConfig } from "../../lib/system/dns/config.ts";
import { domainRecords } from "../dknewkey/domain_records.ts";
import { formatRecord } from "../dknewkey/record.ts";
import { type Finding, ok, warn } from "./finding.ts";

/** Checks each domain. */
export async function checkDomains(
  domains: string[],
  config: DnsConfig,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const domain of new Set(domains)) {
    const resolver = new DnsClient(config);
    findings.push(
      ...await Promise.all([
        checkSpf(domain, resolver),
        checkDmarc(domain, resolver),
      ]),
    );
  }
  return findings;
}

async function checkSpf(domain: string, resolver: Lookup): Promise<Finding> {
  const answer = await resolver.lookup(domain, "TXT");
  if (answer.outcome === "temporary") {
    const detail = `DNS does not answer: ${answer.detail}`;
    return warn("spf", domain, detail, `dig ${domain} TXT`);
  }
  const records = answer.outcome === "records"
    ? selectRecords(answer.records)
    : [];
  const [record] = records;
  if (record === undefined) {
    const detail = "no SPF record: others cannot tell who may send for it";
    return warn("spf", domain, detail, publish(domain, "spf"));
  }
  if (records.length > 1) {
    const detail = `${records.length} SPF records count as an error`;
    return warn("spf", domain, detail, "leave one of them");
  }
  const parsed = parseRecord(record);
  return typeof parsed === "string"
    ? warn("spf", domain, `${parsed}: ${record}`, publish(domain, "spf"))
    : ok("spf", domain, `publishes ${record}`);
}

async function checkDmarc(domain: string, resolver: Lookup): Promise<Finding> {
  const found = await discoverPolicy(new PolicyRecords({ resolver }), domain);
  if (found === "temporary") {
    const detail = "DNS does not answer";
    return warn("dmarc", domain, detail, `dig _dmarc.${domain} TXT`);
  }
  if (found === "none") {
    const detail = "no DMARC record: nothing protects its name in From";
    return warn("dmarc", domain, detail, publish(domain, "dmarc"));
  }
  const { policy } = found.record;
  if (policy === undefined) {
    const detail = `the record of ${found.domain} has no policy`;
    return warn("dmarc", domain, detail, publish(found.domain, "dmarc"));
  }
  return ok("dmarc", domain, `p=${policy}, of ${found.domain}`);
}

/** The record to begin with, in place of what may be there. */
function publish(domain: string, wanted: "spf" | "dmarc"): string {
  const [{ name, text } = { name: domain, text: "" }] = domainRecords(domain, {
    spf: wanted === "spf",
    dmarc: wanted === "dmarc",
  });
  return `publish: ${formatRecord(`${name}.`, text)}`;
}
