// Which record a message falls under (RFC 9989 section 4.10.1), and what it asks for: p=, sp= or np=,
// one level lower while it is tested (section 4.7). Knows no signature.

import { type DmarcRecord, POLICIES, type Policy } from "./record.ts";
import type { PolicyRecords } from "./policy_records.ts";
import {
  type FoundRecord,
  organizationalDomainOf,
  walkTree,
} from "./tree_walk.ts";

/** What is asked for, and by which tag. */
export interface AppliedPolicy {
  /** The tag that says it. */
  tag: "p" | "sp" | "np";
  /** What is to be applied. */
  policy: Policy;
}

/** The record that a message falls under. */
export interface ApplicableRecord extends FoundRecord {
  /** The author's organizational domain, where finding the record has told it. */
  organization: string | undefined;
}

/** The author's record, else that of the organizational domain, else that of the public suffix. */
export async function discoverPolicy(
  records: PolicyRecords,
  author: string,
): Promise<ApplicableRecord | "none" | "temporary"> {
  const record = await records.at(author);
  if (typeof record !== "string") {
    const organization = record.psd === "u" ? undefined : author;
    return { domain: author, record, organization };
  }
  const found = await walkTree(records, author);
  if (typeof found === "string") return "temporary";
  const organization = organizationalDomainOf(author, found);
  // Where the organization has none, the walk has ended at its suffix; records between are not used.
  const policy = found.find(({ domain }) => domain === organization) ??
    found.at(-1);
  return policy === undefined ? "none" : { ...policy, organization };
}

/** What the record asks for where nobody needs to know whether the author's domain exists. */
export function publishedPolicy(
  { domain, record }: FoundRecord,
  author: string,
): AppliedPolicy {
  const { policy = "none", subdomainPolicy } = record;
  return domain === author || subdomainPolicy === undefined
    ? { tag: "p", policy: applied(record, policy) }
    : { tag: "sp", policy: applied(record, subdomainPolicy) };
}

/** What the record asks for; one question, where that depends on whether the author's domain exists. */
export async function requestedPolicy(
  records: PolicyRecords,
  found: FoundRecord,
  author: string,
): Promise<AppliedPolicy | "temporary"> {
  const published = publishedPolicy(found, author);
  const { nonexistentPolicy } = found.record;
  if (found.domain === author || nonexistentPolicy === undefined) {
    return published;
  }
  const policy = applied(found.record, nonexistentPolicy);
  if (policy === published.policy) return published;
  const existence = await records.exists(author);
  if (existence === "temporary") return "temporary";
  return existence === "no" ? { tag: "np", policy } : published;
}

function applied({ isTesting }: DmarcRecord, policy: Policy): Policy {
  const level = POLICIES.indexOf(policy) - (isTesting ? 1 : 0);
  return POLICIES[Math.max(level, 0)]!;
}
