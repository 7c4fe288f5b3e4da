// Which fields a new DKIM-Signature names in h= (RFC 6376 sections 5.4 and 8.15). Takes a site's lists
// and a message's header. Knows no canonicalization.

import { type HeaderField, isListable } from "../message/header.ts";

/**
 * The `h=` of a DKIM signature: each field of the list as often as it occurs, and those that are
 * oversigned once more.
 *
 * @param signed Names in their order; a final `*` stands for any ending.
 * @param oversigned Names out of the list.
 */
export function dkimSignedFields(
  fields: HeaderField[],
  signed: readonly string[],
  oversigned: readonly string[],
): string[] {
  const counts = countNames(fields);
  const names = signed.flatMap((name) =>
    name.endsWith("*") ? namesWithPrefix(counts, name.slice(0, -1)) : [name]
  );
  const once = new Set(oversigned.map((name) => name.toLowerCase()));
  const seen = new Set<string>();
  return names.flatMap((name) => {
    const key = name.toLowerCase();
    if (seen.has(key)) return [];
    seen.add(key);
    const count = (counts.get(key)?.count ?? 0) + (once.has(key) ? 1 : 0);
    return Array<string>(count).fill(name);
  });
}

interface NameCount {
  /** As the first such field writes it. */
  name: string;
  count: number;
}

function countNames(fields: HeaderField[]): Map<string, NameCount> {
  const counts = new Map<string, NameCount>();
  for (const { name } of fields) {
    const key = name.toLowerCase();
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { name, count: 1 });
    else known.count++;
  }
  return counts;
}

function namesWithPrefix(
  counts: Map<string, NameCount>,
  prefix: string,
): string[] {
  return [...counts]
    .filter(([key, { name }]) =>
      key.startsWith(prefix.toLowerCase()) && isListable(name)
    )
    .map(([, { name }]) => name);
}
