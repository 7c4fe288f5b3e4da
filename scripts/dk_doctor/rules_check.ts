// Checks that tcpserver reads the rules that a person has written: the cdb exists, has the same rules
// as the text, and is readable for the user of tcpserver. Knows no meaning of a rule.

import { compareRules } from "../site/rules.ts";
import type { RulesFile } from "../site/services.ts";
import { findBarrier } from "./access.ts";
import type { Account } from "./accounts.ts";
import { fail, type Finding, ok } from "./finding.ts";
import { formatRebuild } from "./settings.ts";

/** Compares one text with its cdb. */
export async function checkRules(
  file: RulesFile,
  accounts: Account[],
): Promise<Finding[]> {
  const { path, cdbPath, text, cdb, troubles, isNamed } = file;
  const rebuild = formatRebuild(file);
  const bad = troubles.find((trouble) => trouble.path === path);
  if (bad !== undefined) {
    return [
      fail("rules", path, `tcprules refuses it: ${bad.detail}`, `cat ${path}`),
    ];
  }
  const damaged = troubles.find((trouble) => trouble.path === cdbPath);
  if (damaged !== undefined) {
    return [fail("rules", cdbPath, damaged.detail, rebuild)];
  }
  if (cdb === undefined) {
    const detail = isNamed
      ? "is not there: tcpserver refuses every client"
      : "is not there: the text alone does nothing";
    return [fail("rules", cdbPath, detail, rebuild)];
  }
  for (const account of accounts) {
    const barrier = await findBarrier(account, cdbPath, "read");
    if (barrier === undefined) continue;
    return [fail("rules", cdbPath, barrier.reason, barrier.advice)];
  }
  const differing = text === undefined ? [] : compareRules(text, cdb);
  if (differing.length > 0) {
    const detail = `is older than ${path}, which says something else of ${
      differing.map((address) => address || "all others").join(", ")
    }`;
    return [fail("rules", cdbPath, detail, rebuild)];
  }
  return [ok("rules", cdbPath, `has ${cdb.length} rules, as ${path} says`)];
}
