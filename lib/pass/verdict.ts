// What verifying says of a message: a verdict for each signature, and one for each scheme.
// Knows no letter that a site has chosen, and no field that is written.

import { DKIM_STATUS, type DkimStatus } from "../dkim/status.ts";
import {
  DOMAINKEYS_STATUS,
  type DomainKeysStatus,
} from "../domainkeys/status.ts";
import type { ResultWord } from "../authres/authentication_results.ts";
import type { DkimLetter, DomainKeysLetter } from "../policy/letters.ts";

/** What became of one signature. What it names is as it was written, and nobody's word. */
export interface Verdict<Letter> {
  /** For Authentication-Results. */
  result: ResultWord;
  /** For a comment in Authentication-Results. */
  reason: string;
  /** For DKVERIFY. */
  letter: Letter;
  /** The historic name. */
  status: string;
  /** What the letter means, for a person; `%` stands for the signing domain. */
  meaning: string;
  /** What a person wants to know beyond that. */
  detail?: string;
  /** `d=` */
  domain?: string;
  /** `s=` */
  selector?: string;
  /** `a=` */
  algorithm?: string;
  /** `b=`, decoded. */
  signature?: Uint8Array;
}

/** What became of a DKIM signature. */
export interface DkimVerdict extends Verdict<DkimLetter> {
  /** `i=` */
  identity?: string;
}

/** What became of the DomainKeys signature. */
export interface DomainKeysVerdict extends Verdict<DomainKeysLetter> {
  /** The domain of From, unless it is the Sender's signature that is good. */
  fromDomain?: string;
  /** The domain of the Sender, where the signature is held against that. */
  senderDomain?: string;
}

/** A status, and the result word where policy replaces it. */
export interface Finding<Status> {
  status: Status;
  result?: ResultWord;
  detail?: string;
}

/** The words for a finding on a DKIM signature. */
export function dkimVerdict(finding: Finding<DkimStatus>): DkimVerdict {
  return worded(DKIM_STATUS[finding.status], finding);
}

/** The words for a finding on a DomainKeys signature. */
export function domainKeysVerdict(
  finding: Finding<DomainKeysStatus>,
): DomainKeysVerdict {
  return worded(DOMAINKEYS_STATUS[finding.status], finding);
}

function worded<Letter>(
  { letter, status, meaning, result, reason }: {
    letter: Letter;
    status: string;
    meaning: string;
    result: ResultWord;
    reason: string;
  },
  finding: Finding<unknown>,
): Verdict<Letter> {
  const { detail } = finding;
  return {
    result: finding.result ?? result,
    reason,
    letter,
    status,
    meaning,
    ...(detail === undefined ? {} : { detail }),
  };
}
