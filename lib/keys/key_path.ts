// The path of a domain's private key: the pattern of DKSIGN, in which every % becomes the domain. A
// domain that could lead out of the folder gives no path. Knows no file system.

import { toULabel } from "../message/a_label.ts";
import {
  isDomainName,
  toALabels,
  withParents,
} from "../message/domain_name.ts";

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

/** The selector, which is the last component of a path; empty if the path ends in a slash. */
export function selectorOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/**
 * The path of the key that a symbolic link names, where the link is a bare name in its own folder that
 * can be a selector: one rename of such a link switches keys.
 *
 * @param target What stands in the link.
 * @returns `undefined` for any other link, which is a path like others.
 */
export function linkedKeyPath(
  path: string,
  target: string,
): string | undefined {
  return isDomainName(target)
    ? path.slice(0, path.lastIndexOf("/") + 1) + target
    : undefined;
}

/** Tells whether a pattern ends in what can be a selector. */
export function isPattern(pattern: string): boolean {
  return isDomainName(selectorOf(pattern.replaceAll("%", "example.org")));
}

/**
 * Lists the places of a domain's key in the order of the search: the domain, then its parents while
 * two labels are left. A domain with U-labels is looked for by its A-labels first, then by its
 * U-labels in lower case. A pattern without `%` is the same place for every domain.
 *
 * @param domain As the sender wrote it, an octet string.
 * @returns No place for what is no domain name. A path is a text of the runtime.
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
    // The selector may hold the domain too. DNS has it with A-labels.
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

/** The name of the folder that a file is in. */
export function folderOf(path: string): string {
  return selectorOf(path.slice(0, path.lastIndexOf("/")));
}

/**
 * The signing domain of a key of our own ARC sets.
 *
 * @param domain The domain whose key it is, by a pattern with `%`. Without `%` the folder names it.
 */
export function sealerOf(pattern: string, domain: string): string {
  return isPerDomain(pattern) ? domain : folderOf(pattern);
}
