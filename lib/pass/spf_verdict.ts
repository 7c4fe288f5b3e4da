// Words the SPF finding for Authentication-Results, and gives its letter. Knows neither the letters that
// a site has chosen nor the field.

import { SPF_LETTERS, type SpfLetter } from "../policy/spf_letters.ts";
import type { SpfFinding } from "../spf/finding.ts";

/** The SPF verdict on a client. */
export interface SpfVerdict extends SpfFinding {
  /** For SPFVERIFY. */
  letter: SpfLetter;
  /** For a comment in Authentication-Results. */
  comment: string;
}

/** Words a finding. */
export function spfVerdict(finding: SpfFinding): SpfVerdict {
  const { result, localRule } = finding;
  const letter = localRule === undefined ? SPF_LETTERS[result] : "A";
  return { ...finding, letter, comment: commentOf(finding) };
}

function commentOf({ result, term, detail, localRule }: SpfFinding): string {
  if (localRule !== undefined) return "local rules";
  // Only the log names the server that did not answer.
  if (result === "temperror") return "dns";
  return detail ?? term ?? "";
}
