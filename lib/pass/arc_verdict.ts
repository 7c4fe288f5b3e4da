// What ARC says of a message, put into the words of Authentication-Results. Knows no field that is
// written.

import type { ArcFinding } from "../arc/finding.ts";
import { ARC_STATUS } from "../arc/status.ts";

/** What became of a message's chain. */
export interface ArcVerdict extends ArcFinding {
  /** For Authentication-Results. */
  result: "pass" | "fail" | "none";
  /** What that means, for a person; `%` stands for the newest sealer. */
  meaning: string;
}

/** The words for a finding. */
export function arcVerdict(finding: ArcFinding): ArcVerdict {
  return { ...ARC_STATUS[finding.status], ...finding };
}
