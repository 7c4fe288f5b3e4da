// Chooses the fields that a new DKIM-Signature names in h= (RFC 6376 sections 5.4 and 8.15), from a
// site's lists and a message's header. Knows no canonicalization.

import { type HeaderField, isListable } from "../message/header.ts";

/**
 * Lists the names for `h=`: each name as often as the field occurs, an oversigned one once more.
 *
 * @param signed Names in their order; a final `*` stands for any ending.
 * @param oversigned Those of the names that are oversigned.
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
  /** In the spelling of the first such field. */
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
