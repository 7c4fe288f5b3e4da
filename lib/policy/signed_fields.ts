// Which fields a new signature names in h= (RFC 6376 sections 5.4 and 8.15, RFC 4870 section 3.3).
// Takes a site's lists and a message's header. Knows no canonicalization.

import type { HeaderField } from "../message/header.ts";

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

/**
 * The `h=` of a DomainKeys signature: every field, in the order of the message.
 *
 * @param unique Leave out the names that occur more than once.
 */
export function domainKeysSignedFields(
  fields: HeaderField[],
  unique: boolean,
): string[] {
  const counts = countNames(fields);
  return fields
    .filter(({ name }) => isListable(name))
    .filter(({ name }) =>
      !unique || counts.get(name.toLowerCase())?.count === 1
    )
    .map(({ name }) => name);
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

/** A name may hold a semicolon, or be none at all: in a tag list it would end the list. */
function isListable(name: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(name);
}
