// Where a domain's private key is: the pattern of DKSIGN, in which every % becomes the domain.
// Knows no file system; a domain that could lead out of the folder is never made into a path.

import { toULabel } from "../message/a_label.ts";
import { toALabels, withParents } from "../message/domain_name.ts";

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
 * labels are left; where there are U-labels, by the A-labels first, then by the U-labels in lower
 * case, however the sender wrote them. Without `%` there is one place, and it is every domain's.
 *
 * @param domain As the sender wrote it, an octet string.
 * @returns Nothing for a domain that cannot be one. A path is a text of the runtime.
 */
export function keyPaths(pattern: string, domain: string): KeyPath[] {
  const aLabels = toALabels(domain)?.toLowerCase();
  if (aLabels === undefined) return [];
  if (!isPerDomain(pattern)) {
    return [{
      path: pattern,
      domain: aLabels,
      selector: selectorOf(pattern),
    }];
  }
  const uLabels = withULabels(aLabels);
  return withParents(aLabels).flatMap((name, n) => {
    const pathOf = (folder: string) => pattern.replaceAll("%", folder);
    // The selector too may hold the domain, and is one of DNS.
    const selector = selectorOf(pathOf(name));
    return [...new Set([name, uLabels[n]!])].map((folder) => ({
      path: pathOf(folder),
      domain: name,
      selector,
    }));
  });
}

/** The domain with its U-labels, and its parents, as the names of folders. */
function withULabels(aLabels: string): string[] {
  const labels = aLabels.split(".").map((label) => toULabel(label) ?? label);
  return withParents(labels.join("."));
}
