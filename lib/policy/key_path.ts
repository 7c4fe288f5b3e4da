// Where a domain's private key is: the pattern of DKSIGN, in which every % becomes the domain.
// Knows no file system; a domain that could lead out of the folder is never made into a path.

import { isDomainName, withParents } from "../message/domain_name.ts";

/** One place to look for a key, and what a signature made with it says. */
export interface KeyPath {
  path: string;
  /** `d=` */
  domain: string;
  /** `s=`, the last component of the path. */
  selector: string;
}

/** Tells whether a pattern names a key for each domain. */
export function isPerDomain(pattern: string): boolean {
  return pattern.includes("%");
}

/** The selector that a path ends in; empty when it ends in a slash. */
export function selectorOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * The places to look for a domain's key, in their order: the domain, then its parents while two
 * labels are left. Without `%` there is one place, and it is every domain's.
 *
 * @param domain As the sender wrote it.
 * @returns Nothing for a domain that can not be one.
 */
export function keyPaths(pattern: string, domain: string): KeyPath[] {
  if (!isDomainName(domain)) return [];
  if (!isPerDomain(pattern)) {
    return [{
      path: pattern,
      domain: domain.toLowerCase(),
      selector: selectorOf(pattern),
    }];
  }
  return withParents(domain).map((name) => {
    const path = pattern.replaceAll("%", name);
    return { path, domain: name, selector: selectorOf(path) };
  });
}
