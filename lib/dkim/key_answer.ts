// Reads the answer of DNS for a DKIM key, and checks whom the key is for (RFC 6376 sections 3.6.1 and
// 6.1.2). Sees nothing of the message.

import { matchesGranularity } from "../keys/granularity.ts";
import {
  fittingKeyRecords,
  type KeyRecord,
  type KeyUse,
} from "../keys/key_record.ts";
import type { TxtAnswer } from "../ports/resolver.ts";
import type { Finding } from "../ports/verifying.ts";
import type { DkimSignature } from "./signature.ts";
import type { DkimStatus } from "./status.ts";

/** Reads an answer: the records whose key may have made the signature, or why there are none. */
export function readAnswer(
  answer: TxtAnswer,
  use: KeyUse,
): KeyRecord[] | Finding<DkimStatus> {
  if (answer.outcome === "temporary") {
    return { status: "dnsTemporary", detail: answer.detail };
  }
  if (answer.outcome === "too long") {
    return { status: "domainTooLong", detail: "no name of DNS is so long" };
  }
  if (answer.outcome !== "records") {
    return { status: "dnsPermanent", detail: answer.outcome };
  }
  const records = fittingKeyRecords(answer.records, use);
  if (Array.isArray(records)) return records;
  switch (records.outcome) {
    case "revoked":
      return { status: "selectorRevoked", detail: "p= is empty" };
    case "unusable":
      return { status: "publicKeyInvalid", detail: "p= is no key" };
    case "other algorithm":
      return {
        status: "algorithmMismatch",
        detail: "the key is for another algorithm",
      };
    case "not for mail":
      return { status: "selectorInvalid", detail: "s= is not for mail" };
    default:
      return { status: "selectorInvalid", detail: records.outcome };
  }
}

/** Finds a signature that is good, but whose key is for another identity. */
export function findMisuse(
  { granularity, sameDomain }: KeyRecord,
  { agent, domain }: DkimSignature,
): Finding<DkimStatus> | undefined {
  const status = "granularityMismatch";
  if (sameDomain && agent.domain.toLowerCase() !== domain.toLowerCase()) {
    return { status, detail: "t=s is for d= alone" };
  }
  return matchesGranularity(granularity, agent.localPart)
    ? undefined
    : { status, detail: "g= is for another sender" };
}
