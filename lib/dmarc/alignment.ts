// Identifier alignment (RFC 9989 sections 3.2.10 and 4.10.2): compares the domains that SPF and DKIM
// have verified with the author's. Stops asking DNS at the first one that is aligned. Knows no policy.

import { isWithin, toALabels } from "../message/domain_name.ts";
import type { ApplicableRecord } from "./policy.ts";
import type { PolicyRecords } from "./policy_records.ts";
import type { AlignmentMode } from "./record.ts";
import { organizationalDomainOf, walkTree } from "./tree_walk.ts";

/** The result of SPF or of a DKIM signature for a domain. */
export interface AuthenticatedDomain {
  /** The domain of MAIL FROM, for the null sender that of HELO; or `d=`. */
  domain?: string;
  /** A word of RFC 8601 section 2.7. */
  result: string;
}

/** A verified domain, which may be aligned with the author's. */
export interface Identifier {
  /** The method that verified it. */
  method: "dkim" | "spf";
  /** In lower case, with A-labels. */
  domain: string;
}

/** The identifier that is aligned. With `temporary` DNS did not say whether one is. */
export type Alignment = Identifier | "none" | "temporary";

/** The domains that were verified, and those of which DNS did not say. */
export interface Identifiers {
  passed: Identifier[];
  unanswered: Identifier[];
}

/** Lists each domain once, by its result. */
export function listIdentifiers(
  spf: AuthenticatedDomain[],
  dkim: readonly AuthenticatedDomain[],
): Identifiers {
  const listed = (result: string) =>
    [
      ...identifiersOf("dkim", dkim, result),
      ...identifiersOf("spf", spf, result),
    ].sort((a, b) => countLabels(a) - countLabels(b));
  return { passed: listed("pass"), unanswered: listed("temperror") };
}

function identifiersOf(
  method: Identifier["method"],
  domains: readonly AuthenticatedDomain[],
  wanted: string,
): Identifier[] {
  const names = domains.filter(({ result }) => result === wanted)
    .map(({ domain = "" }) => toALabels(domain)?.toLowerCase())
    .filter((domain) => domain !== undefined);
  return [...new Set(names)].map((domain) => ({ method, domain }));
}

function countLabels({ domain }: Identifier): number {
  return domain.split(".").length;
}

/** Compares identifiers with the author's domain, in the modes of the applicable record. */
export class Aligner {
  #records: PolicyRecords;
  #author: string;
  #modes: Record<Identifier["method"], AlignmentMode>;
  #organization: string | "temporary" | undefined;

  constructor(
    records: PolicyRecords,
    author: string,
    { record, organization }: ApplicableRecord,
  ) {
    this.#records = records;
    this.#author = author;
    this.#organization = organization;
    this.#modes = { dkim: record.dkimAlignment, spf: record.spfAlignment };
  }

  /** The author's organizational domain, where it is known. */
  get organization(): string | undefined {
    return this.#organization === "temporary" ? undefined : this.#organization;
  }

  /** Finds the first that is aligned. Tries those first that need no question. */
  async find({ passed, unanswered }: Identifiers): Promise<Alignment> {
    const isAuthor = ({ domain }: Identifier) => domain === this.#author;
    const aligned = passed.find(isAuthor) ?? await this.#findRelaxed(passed);
    if (typeof aligned === "object" || aligned === "temporary") return aligned;
    const isOpen = unanswered.some(isAuthor) ||
      await this.#findRelaxed(unanswered) !== "none";
    return isOpen ? "temporary" : "none";
  }

  async #findRelaxed(identifiers: Identifier[]): Promise<Alignment> {
    let isOpen = false;
    for (const identifier of identifiers) {
      const aligned = await this.#isRelaxed(identifier);
      if (aligned === true) return identifier;
      if (aligned === "temporary") isOpen = true;
    }
    return isOpen ? "temporary" : "none";
  }

  async #isRelaxed(
    { method, domain }: Identifier,
  ): Promise<boolean | "temporary"> {
    const topLevel = this.#author.slice(this.#author.lastIndexOf(".") + 1);
    if (this.#modes[method] === "strict" || !isWithin(domain, topLevel)) {
      return false;
    }
    const organization = this.#organization ??= await this.#walk(this.#author);
    if (organization === "temporary") return "temporary";
    // An organizational domain belongs to itself, and is a parent of all others that belong to it.
    if (domain === organization) return true;
    return isWithin(domain, organization) &&
      await this.#isOf(domain, organization);
  }

  async #isOf(
    domain: string,
    organization: string,
  ): Promise<boolean | "temporary"> {
    const found = await this.#walk(domain);
    return found === "temporary" ? found : found === organization;
  }

  /** Finds an organizational domain. The empty name, if no question is left for it, aligns with none. */
  async #walk(domain: string): Promise<string | "temporary"> {
    const found = await walkTree(this.#records, domain);
    if (found === "temporary") return found;
    return found === "unasked" ? "" : organizationalDomainOf(domain, found);
  }
}
