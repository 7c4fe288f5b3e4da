// DMARC as RFC 9989's prose has it, without a shortcut: every walk is walked to its end, and policy is
// looked for by the sentences of section 4.10.1. Knows a zone in memory, where DNS always answers.

/** What stands at `_dmarc.` and the domain, by domain. */
export type ReferenceZone = Map<string, Record<string, string>>;

/** A domain that has passed, and by what. */
export interface Passed {
  method: "dkim" | "spf";
  domain: string;
}

/** `none`, `pass`, or `fail` and the policy to be applied. */
export function referenceDmarc(
  author: string,
  passed: Passed[],
  zone: ReferenceZone,
  exists: boolean,
): string {
  const organization = organizationOf(author, zone);
  const walked = walk(author, zone);
  const suffix = walked.find((domain) => psdOf(domain, zone) === "y");
  const policyDomain = [author, organization, suffix].find((domain) =>
    domain !== undefined && walked.includes(domain)
  );
  if (policyDomain === undefined) return "none";
  const record = zone.get(policyDomain)!;
  const isAligned = passed.some(({ method, domain }) =>
    record[method === "dkim" ? "adkim" : "aspf"] === "s"
      ? domain === author
      : organizationOf(domain, zone) === organization
  );
  if (isAligned) return "pass";
  const { p, sp = p, np = sp } = record;
  const policy = policyDomain === author ? p : exists ? sp : np;
  return `fail ${record.t === "y" ? oneLevelDown(policy!) : policy}`;
}

function oneLevelDown(policy: string): string {
  return policy === "reject" ? "quarantine" : "none";
}

/** Section 4.10, steps 1 to 7: the domains that have a record. */
function walk(start: string, zone: ReferenceZone): string[] {
  const found: string[] = [];
  let labels = start.split(".");
  while (labels.length > 0) {
    const domain = labels.join(".");
    if (zone.has(domain)) found.push(domain);
    if (zone.has(domain) && psdOf(domain, zone) !== "u") break;
    labels = labels.length > 8 ? labels.slice(-7) : labels.slice(1);
  }
  return found;
}

/** Section 4.10.2, rules 1 to 3. */
function organizationOf(start: string, zone: ReferenceZone): string {
  const found = walk(start, zone);
  for (const domain of found) {
    const psd = psdOf(domain, zone);
    if (psd === "n") return domain;
    if (psd === "y" && domain !== start) {
      const below = start.slice(0, -domain.length - 1).split(".").at(-1);
      return `${below}.${domain}`;
    }
  }
  return found.toSorted((a, b) => a.length - b.length)[0] ?? start;
}

/** A top-level domain that does not say is a suffix: our own addition. */
function psdOf(domain: string, zone: ReferenceZone): string {
  const { psd = "u" } = zone.get(domain) ?? {};
  return psd === "u" && !domain.includes(".") ? "y" : psd;
}
