// What DMARC says of a message, put into the words of Authentication-Results, with its letter. Knows
// no letter that a site has chosen, and no field that is written.

import type { DmarcFinding } from "../dmarc/evaluate.ts";
import { DMARC_STATUS } from "../dmarc/status.ts";
import { DMARC_LETTERS, type DmarcLetter } from "../policy/dmarc_letters.ts";

/** What became of a message under DMARC. */
export interface DmarcVerdict extends DmarcFinding {
  /** For Authentication-Results. */
  result: "pass" | "fail" | "none" | "temperror" | "permerror";
  /** For DMARCVERIFY. */
  letter: DmarcLetter;
  /** What that means, for a person; `%` stands for the author's domain. */
  meaning: string;
}

/** The words for a finding. */
export function dmarcVerdict(finding: DmarcFinding): DmarcVerdict {
  const letter = DMARC_LETTERS[finding.status];
  return { ...DMARC_STATUS[finding.status], letter, ...finding };
}
