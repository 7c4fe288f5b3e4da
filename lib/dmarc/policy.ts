// Finds the record that applies to a message (RFC 9989 section 4.10.1), and the policy in it: p=, sp=
// or np=, one level lower if the record says t=y (section 4.7). Knows no signature.

import { type DmarcRecord, POLICIES, type Policy } from "./record.ts";
import type { PolicyRecords } from "./policy_records.ts";
import {
  type FoundRecord,
  organizationalDomainOf,
  walkTree,
} from "./tree_walk.ts";

/** The policy to apply, and the tag that it comes from. */
export interface AppliedPolicy {
  /** The tag. */
  tag: "p" | "sp" | "np";
  /** The policy. */
  policy: Policy;
}

/** The record that applies to a message. */
export interface ApplicableRecord extends FoundRecord {
  /** The author's organizational domain, if the search for the record has found it. */
  organization: string | undefined;
}

/** Finds the author's record, else that of the organizational domain, else that of the public suffix. */
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
  // Without a record of the organization, the last one of the walk is that of the public suffix.
  const policy = found.find(({ domain }) => domain === organization) ??
    found.at(-1);
  return policy === undefined ? "none" : { ...policy, organization };
}

/** The policy for an author whose domain exists. */
export function publishedPolicy(
  { domain, record }: FoundRecord,
  author: string,
): AppliedPolicy {
  const { policy = "none", subdomainPolicy } = record;
  return domain === author || subdomainPolicy === undefined
    ? { tag: "p", policy: applied(record, policy) }
    : { tag: "sp", policy: applied(record, subdomainPolicy) };
}

/** The policy for an author. Asks whether the domain exists only if the policy depends on it. */
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
