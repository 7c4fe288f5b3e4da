// The DNS Tree Walk (RFC 9989 section 4.10): goes from a domain to its parents and finds the
// organizational domain. Needs no public suffix list, since a suffix has a record that says so.

import type { DmarcRecord } from "./record.ts";
import type { PolicyRecords } from "./policy_records.ts";

/** A record with its domain. */
export interface FoundRecord {
  domain: string;
  record: DmarcRecord;
}

/** The records on the way, the longest domain first; or the reason why they are not known. */
export type Walk = FoundRecord[] | "temporary" | "unasked";

/** Parents with more labels are skipped. */
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

/** Lists the domain, then its parents down to a single label: at most eight names. */
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

/** Finds the organizational domain (section 4.10.2) among the records of a walk. */
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

/** Reads `psd=`. A top-level domain without it is a suffix, or else all of it would be one organization. */
function psdOf({ domain, record }: FoundRecord): DmarcRecord["psd"] {
  return record.psd === "u" && !domain.includes(".") ? "y" : record.psd;
}

function lastLabels(domain: string, count: number): string {
  return domain.split(".").slice(-count).join(".");
}
