// The links of an ARC chain for a program that explains it: what each set says, and what became of its
// two signatures. Knows no message.

import type { ArcSet } from "../../lib/arc/chain.ts";
import {
  ARC_MESSAGE_SIGNATURE,
  parseArcMessageSignature,
} from "../../lib/arc/message_signature.ts";
import { parseArcResults } from "../../lib/arc/results_field.ts";
import { ARC_SEAL } from "../../lib/arc/seal.ts";
import { keyRecordName } from "../../lib/keys/key_record.ts";
import type { ArcVerdict } from "../../lib/pass/arc_verdict.ts";

/** What became of a signature; a chain is not looked at further than its first fault. */
export type LinkResult = "pass" | "fail" | "not looked at";

/** One set. Texts are octet strings. */
export interface Link {
  instance: number;
  sealer: string;
  selector: string;
  /** `cv=` */
  chainState: string;
  /** Where the key of its ARC-Seal is. */
  keyName: string;
  /** Its ARC-Authentication-Results on one line. */
  results: string;
  seal: LinkResult;
  messageSignature: LinkResult;
  /** `d=` of its ARC-Message-Signature, if it can be read. */
  signer: string | undefined;
}

/** Describes each set, the newest first: that is the order in which they are validated. */
export function describeLinks(sets: ArcSet[], verdict: ArcVerdict): Link[] {
  return sets.toReversed().map(({ seal, fields }) => {
    const { instance, domain, selector, chainState } = seal;
    const { results = "" } = parseArcResults(fields.results) ?? {};
    const signature = parseArcMessageSignature(fields.messageSignature);
    return {
      instance,
      sealer: domain,
      selector,
      chainState,
      keyName: keyRecordName(seal),
      results: results.replace(/\s+/g, " ").trim(),
      seal: sealResult(instance, verdict),
      messageSignature: messageResult(instance, verdict),
      signer: signature?.domain,
    };
  });
}

/** Seals are verified from the newest one down. */
function sealResult(
  instance: number,
  { result, field }: ArcVerdict,
): LinkResult {
  if (result === "pass") return "pass";
  if (field?.name !== ARC_SEAL || instance < field.instance) {
    return "not looked at";
  }
  return instance === field.instance ? "fail" : "pass";
}

/** The newest message signature decides, the others are verified in a good chain alone. */
function messageResult(
  instance: number,
  { result, field, oldestPass, instance: newest }: ArcVerdict,
): LinkResult {
  if (result === "pass") {
    const oldest = oldestPass ?? 0;
    if (instance >= oldest) return "pass";
    return instance === oldest - 1 ? "fail" : "not looked at";
  }
  if (field === undefined || instance !== newest) return "not looked at";
  return field.name === ARC_MESSAGE_SIGNATURE ? "fail" : "pass";
}
