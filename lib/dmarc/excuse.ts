// Which ARC chain excuses a DMARC failure: one that says DMARC passed when it began, sealed from
// there on by nobody who is not trusted. Knows no signature: the chain has been validated.

import { isWithin } from "../message/domain_name.ts";

/** One set of a chain that is good. */
export interface ArcWitness {
  /** `d=` of its ARC-Seal. */
  sealer: string;
  /** The author domains that its ARC-Authentication-Results say `dmarc=pass` for. */
  passed: string[];
}

/**
 * @param sets From the first on.
 * @param trusted Domains whose seals are trusted, and those of the domains below them.
 * @param author The author's domain.
 * @returns The sealer who says so; `undefined` without an excuse.
 */
export function findExcuse(
  sets: ArcWitness[],
  trusted: string[],
  author: string,
): string | undefined {
  const wanted = author.toLowerCase();
  for (const { sealer, passed } of sets.toReversed()) {
    // A later sealer may have changed the body, whatever an earlier one has seen.
    if (!trusted.some((domain) => isWithin(sealer, domain))) return undefined;
    if (passed.some((domain) => domain.toLowerCase() === wanted)) return sealer;
  }
  return undefined;
}
