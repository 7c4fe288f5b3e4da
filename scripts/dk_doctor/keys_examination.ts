// Checks the keys of a site: each pattern that its programs use once, for all who read by it.

import type { Account } from "./accounts.ts";
import type { Guard } from "./guard.ts";
import type { UsableKey } from "./key_check.ts";
import type { Place } from "./key_places.ts";
import { checkKeys, checkSilent } from "./keys_check.ts";
import { checkPattern, type Pattern } from "./options_check.ts";
import { collectPatterns } from "./readers.ts";
import { findReplaced } from "./remote_check.ts";
import { inSituation, type Run } from "./runs.ts";
import type { Users } from "./users.ts";

/** What the keys of a site depend on. */
export interface KeySite {
  prefix: string;
  domains: string[];
  users: Users;
  runs: Run[];
  guard: Guard;
}

/** @returns The keys that can be used, and the places of each pattern by its text. */
export async function checkAllKeys(
  { prefix, domains, users, runs, guard }: KeySite,
) {
  const keys: UsableKey[] = [];
  const places = new Map<string, Place[]>();
  const withRemote = findReplaced(prefix) !== undefined;
  const patterns = await collectPatterns(runs, users, withRemote, guard);
  const named = patterns.flatMap(({ pattern }) => pattern.domain ?? []);
  for (const { pattern, readers } of patterns) {
    await guard("key", async () => {
      const { domain } = pattern;
      if (domain !== undefined && domains.length > 0) {
        if (!domains.includes(domain)) return [];
      }
      const checked = await checkPatternAndKeys(
        pattern,
        domain === undefined ? domains : [domain],
        readers,
        prefix,
        domain === undefined ? named : [],
      );
      keys.push(...checked.keys);
      places.set(pattern.text, checked.places);
      return checked.findings;
    });
  }
  for (const { program, situation } of runs) {
    if (situation === undefined) continue;
    await inSituation(
      situation,
      () => guard("control", () => checkSilent(program, situation.name)),
    );
  }
  return { keys, places };
}

async function checkPatternAndKeys(
  pattern: Pattern,
  domains: string[],
  readers: Account[],
  prefix: string,
  namedElsewhere: string[],
) {
  const finding = checkPattern(pattern);
  if (finding.status === "fail") {
    return { findings: [finding], keys: [], places: [] };
  }
  const checked = await checkKeys(
    pattern,
    domains,
    readers,
    prefix,
    namedElsewhere,
  );
  return { ...checked, findings: [finding, ...checked.findings] };
}
