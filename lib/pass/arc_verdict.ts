// Words the finding on a chain for Authentication-Results. Does not write the field.

import type { ArcFinding } from "../arc/finding.ts";
import { ARC_STATUS } from "../arc/status.ts";

/** The verdict on a chain. */
export interface ArcVerdict extends ArcFinding {
  /** For Authentication-Results. */
  result: "pass" | "fail" | "none";
  /** The meaning for a person. `%` stands for the newest sealer. */
  meaning: string;
}

/** Words a finding. */
export function arcVerdict(finding: ArcFinding): ArcVerdict {
  return { ...ARC_STATUS[finding.status], ...finding };
}
