// Words the finding on each signature for Authentication-Results. Knows neither the letters that a site
// has chosen nor the field.

import type { ResultWord } from "../authres/authentication_results.ts";
import { DKIM_STATUS, type DkimStatus } from "../dkim/status.ts";
import type { DkimFinding } from "../dkim/verifier.ts";
import {
  DOMAINKEYS_STATUS,
  type DomainKeysStatus,
} from "../domainkeys/status.ts";
import type { DomainKeysFinding } from "../domainkeys/verifier.ts";
import {
  DKIM_LETTERS,
  type DkimLetter,
  DOMAINKEYS_LETTERS,
  type DomainKeysLetter,
} from "../policy/letters.ts";
import type { SignatureNames } from "../ports/verifying.ts";

/** The verdict on one signature. */
export interface Verdict<Status extends string = string, Letter = string>
  extends SignatureNames {
  /** The status. */
  status: Status;
  /** For Authentication-Results. */
  result: ResultWord;
  /** For a comment in Authentication-Results. */
  reason: string;
  /** For DKVERIFY. */
  letter: Letter;
  /** The meaning for a person. `%` stands for the signing domain. */
  meaning: string;
  /** Details for a person. */
  detail?: string;
}

/** The verdict on a DKIM signature. */
export type DkimVerdict = Verdict<DkimStatus, DkimLetter>;

/** The verdict on the DomainKeys signature. */
export interface DomainKeysVerdict
  extends Verdict<DomainKeysStatus, DomainKeysLetter> {
  /** The domain of From, unless it is the Sender's signature that is good. */
  fromDomain?: string;
  /** The domain of the Sender, if the signature is compared with that. */
  senderDomain?: string;
}

/** Words a finding on a DKIM signature. */
export function dkimVerdict(finding: DkimFinding): DkimVerdict {
  const { letter } = DKIM_LETTERS[finding.status];
  return { ...DKIM_STATUS[finding.status], letter, ...finding };
}

/** Words a finding on a DomainKeys signature. */
export function domainKeysVerdict(
  finding: DomainKeysFinding,
): DomainKeysVerdict {
  const { letter } = DOMAINKEYS_LETTERS[finding.status];
  return { ...DOMAINKEYS_STATUS[finding.status], letter, ...finding };
}
