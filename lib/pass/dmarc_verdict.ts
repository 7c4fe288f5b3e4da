// Words the DMARC finding for Authentication-Results, and gives its letter. Knows neither the letters
// that a site has chosen nor the field.

import type { DmarcFinding } from "../dmarc/evaluate.ts";
import { DMARC_STATUS } from "../dmarc/status.ts";
import { DMARC_LETTERS, type DmarcLetter } from "../policy/dmarc_letters.ts";

/** The DMARC verdict on a message. */
export interface DmarcVerdict extends DmarcFinding {
  /** For Authentication-Results. */
  result: "pass" | "fail" | "none" | "temperror" | "permerror";
  /** For DMARCVERIFY. */
  letter: DmarcLetter;
  /** The meaning for a person. `%` stands for the author's domain. */
  meaning: string;
}

/** Words a finding. */
export function dmarcVerdict(finding: DmarcFinding): DmarcVerdict {
  const letter = DMARC_LETTERS[finding.status];
  return { ...DMARC_STATUS[finding.status], letter, ...finding };
}
