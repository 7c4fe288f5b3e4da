// Runs a check and reports its findings, each of them once. Reports a check that throws, so that the
// others go on.

import { messageOf } from "../command/failure.ts";
import { fail, type Finding } from "./finding.ts";

/** Runs one check and reports its findings. */
export type Guard = (
  check: string,
  make: () => Promise<Finding[]> | Finding[],
) => Promise<void>;

/** @param report Takes each new finding. */
export function openGuard(report: (finding: Finding) => void): Guard {
  const said = new Set<string>();
  const tell = (finding: Finding) => {
    const text = JSON.stringify(finding);
    if (!said.has(text)) report(finding);
    said.add(text);
  };
  return async (check, make) => {
    try {
      for (const finding of await make()) tell(finding);
    } catch (error) {
      const advice = "correct that, and run dk-doctor again";
      tell(fail(check, "the check itself", messageOf(error), advice));
    }
  };
}
