// What verifying says of a message: a verdict for each signature, what was found of it put into the
// words of Authentication-Results. Knows no letter that a site has chosen, and no field that is written.

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

/** What became of one signature. */
export interface Verdict<Status extends string = string, Letter = string>
  extends SignatureNames {
  /** What was found. */
  status: Status;
  /** For Authentication-Results. */
  result: ResultWord;
  /** For a comment in Authentication-Results. */
  reason: string;
  /** For DKVERIFY. */
  letter: Letter;
  /** What that means, for a person; `%` stands for the signing domain. */
  meaning: string;
  /** What a person wants to know beyond that. */
  detail?: string;
}

/** What became of a DKIM signature. */
export type DkimVerdict = Verdict<DkimStatus, DkimLetter>;

/** What became of the DomainKeys signature. */
export interface DomainKeysVerdict
  extends Verdict<DomainKeysStatus, DomainKeysLetter> {
  /** The domain of From, unless it is the Sender's signature that is good. */
  fromDomain?: string;
  /** The domain of the Sender, where the signature is held against that. */
  senderDomain?: string;
}

/** The words for a finding on a DKIM signature. */
export function dkimVerdict(finding: DkimFinding): DkimVerdict {
  const { letter } = DKIM_LETTERS[finding.status];
  return { ...DKIM_STATUS[finding.status], letter, ...finding };
}

/** The words for a finding on a DomainKeys signature. */
export function domainKeysVerdict(
  finding: DomainKeysFinding,
): DomainKeysVerdict {
  const { letter } = DOMAINKEYS_LETTERS[finding.status];
  return { ...DOMAINKEYS_STATUS[finding.status], letter, ...finding };
}
