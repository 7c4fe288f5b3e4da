// The DNS Tree Walk (RFC 9989 section 4.10): from a domain to its parents, and the organization
// that is found so. There is no public suffix list: a suffix says itself that it is one.

import type { DmarcRecord } from "./record.ts";
import type { PolicyRecords } from "./policy_records.ts";

/** A record, and the domain that it is of. */
export interface FoundRecord {
  domain: string;
  record: DmarcRecord;
}

/** The records on the way, the longest domain first; or what they cannot be known for. */
export type Walk = FoundRecord[] | "temporary" | "unasked";

/** Parents of more labels than this are passed by. */
const MAX_PARENT_LABELS = 7;

/**
 * Walks up from a domain until a record says where the organization ends.
 *
 * @param start In lower case.
 */
export async function walkTree(
  records: PolicyRecords,
  start: string,
): Promise<Walk> {
  const found: FoundRecord[] = [];
  for (const domain of domainsToAsk(start)) {
    const record = await records.at(domain);
    if (record === "temporary" || record === "unasked") return record;
    if (record === "none") continue;
    found.push({ domain, record });
    if (psdOf({ domain, record }) !== "u") break;
  }
  return found;
}

/** The domain, then its parents down to a single label: at most eight. */
export function domainsToAsk(start: string): string[] {
  const labels = start.split(".");
  const parents = Math.min(labels.length - 1, MAX_PARENT_LABELS);
  return [
    start,
    ...Array.from(
      { length: parents },
      (_, n) => lastLabels(start, parents - n),
    ),
  ];
}

/** The organizational domain (section 4.10.2), of the records that a walk has found. */
export function organizationalDomainOf(
  start: string,
  found: FoundRecord[],
): string {
  const last = found.at(-1);
  if (last === undefined) return start;
  // A walk stops at the first `psd=`, so that only its last record can have one.
  if (psdOf(last) !== "y" || last.domain === start) return last.domain;
  return lastLabels(start, last.domain.split(".").length + 1);
}

/** A top-level domain that does not say is a suffix: else all below it would be one organization. */
function psdOf({ domain, record }: FoundRecord): DmarcRecord["psd"] {
  return record.psd === "u" && !domain.includes(".") ? "y" : record.psd;
}

function lastLabels(domain: string, count: number): string {
  return domain.split(".").slice(-count).join(".");
}
