// Collects the users who must read the keys of each pattern: all who sign, in every situation. Opens
// no key.

import { ENVIRONMENT } from "./environment.ts";
import type { Account } from "./accounts.ts";
import { isDefault, readPattern } from "./keys_check.ts";
import type { Guard } from "./guard.ts";
import type { Pattern } from "./options_check.ts";
import { inSituation, type Run } from "./runs.ts";
import type { Program } from "./situations.ts";
import { readTablePatterns } from "./table_patterns.ts";
import type { Users } from "./users.ts";

/** The users who read the keys of a situation. */
type Reader =
  & Pick<Run, "accounts" | "situation">
  & { program: Program | undefined };

/** Lists each pattern once, with all users who must read its keys. */
export async function collectPatterns(
  runs: Run[],
  users: Users,
  withRemote: boolean,
  guard: Guard,
): Promise<{ pattern: Pattern; readers: Account[] }[]> {
  const found = new Map<string, { pattern: Pattern; readers: Account[] }>();
  const add = (pattern: Pattern, accounts: Account[]) => {
    const key = `${pattern.domain ?? ""} ${pattern.text}`;
    const known = found.get(key) ?? { pattern, readers: [] };
    for (const account of accounts) {
      const isKnown = known.readers.some(({ uid }) => uid === account.uid);
      if (!isKnown) known.readers.push(account);
    }
    found.set(key, known);
  };
  const signers = runs.filter(({ program, works, situation }) =>
    situation !== undefined && program !== "dk-verify" &&
    works?.includes("sign") !== false
  );
  const here: Reader = {
    program: undefined,
    accounts: withRemote ? [...users.queue, ...users.remote] : users.queue,
    situation: undefined,
  };
  const isUsed = runs.some(({ situation }) => situation !== undefined);
  const asked: Reader[] = isUsed ? signers : [here];
  for (const { program, accounts, situation } of asked) {
    await inSituation(situation, () =>
      guard("key", () => {
        const pattern = readPattern();
        const isSilent = isDefault(pattern) && situation !== undefined &&
          program !== undefined && program !== "qmail-dk";
        if (!isSilent) add(pattern, accounts);
        const extra = ENVIRONMENT.get("DKIMSIGNEXTRA");
        if (extra !== undefined) {
          add({ source: "DKIMSIGNEXTRA", text: extra }, accounts);
        }
        for (const pattern of readTablePatterns()) add(pattern, accounts);
        return [];
      }));
  }
  return [...found.values()];
}
