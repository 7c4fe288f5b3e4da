// What SPF says of a client, put into the words of Authentication-Results, with its letter. Knows no
// letter that a site has chosen, and no field that is written.

import { SPF_LETTERS, type SpfLetter } from "../policy/spf_letters.ts";
import type { SpfFinding } from "../spf/finding.ts";

/** What became of a client under SPF. */
export interface SpfVerdict extends SpfFinding {
  /** For SPFVERIFY. */
  letter: SpfLetter;
  /** For a comment in Authentication-Results. */
  comment: string;
}

/** The words for a finding. */
export function spfVerdict(finding: SpfFinding): SpfVerdict {
  const { result, localRule } = finding;
  const letter = localRule === undefined ? SPF_LETTERS[result] : "A";
  return { ...finding, letter, comment: commentOf(finding) };
}

function commentOf({ result, term, detail, localRule }: SpfFinding): string {
  if (localRule !== undefined) return "local rules";
  // Which server did not answer is told to the log alone.
  if (result === "temperror") return "dns";
  return detail ?? term ?? "";
}
