// Tells whether an ARC chain excuses a DMARC failure. A trusted sealer must have seen DMARC pass, and
// all later sealers must be trusted too. The chain is validated before. Knows no signature.

import { isWithin } from "../message/domain_name.ts";

/** One set of a valid chain. */
export interface ArcWitness {
  /** `d=` of its ARC-Seal. */
  sealer: string;
  /** The author domains that its ARC-Authentication-Results say `dmarc=pass` for. */
  passed: string[];
}

/**
 * @param sets In the order of their instances.
 * @param trusted Domains whose seals are trusted; their subdomains are trusted too.
 * @param author The author's domain.
 * @returns The sealer who saw DMARC pass; `undefined` without an excuse.
 */
export function findExcuse(
  sets: ArcWitness[],
  trusted: string[],
  author: string,
): string | undefined {
  const wanted = author.toLowerCase();
  for (const { sealer, passed } of sets.toReversed()) {
    // An untrusted sealer may have changed the message after an earlier one saw it pass.
    if (!trusted.some((domain) => isWithin(sealer, domain))) return undefined;
    if (passed.some((domain) => domain.toLowerCase() === wanted)) return sealer;
  }
  return undefined;
}
