// The ARC-Message-Signature field (RFC 8617 section 4.1.2): a DKIM-Signature with an instance, and
// without version and agent. Knows neither key, hash nor clock.

import {
  parseSignatureTags,
  type SignatureParameters,
  type SignatureTags,
} from "../dkim/signature_tags.ts";
import { decodeBase64 } from "../message/base64.ts";
import { fieldValue, type HeaderField } from "../message/header.ts";
import { formatTagList, parseTagList } from "../message/tag_list.ts";
import { parseInstance } from "./instance.ts";
import { ARC_SEAL } from "./seal.ts";

/** The field's name. */
export const ARC_MESSAGE_SIGNATURE = "ARC-Message-Signature";

/** What an ARC-Message-Signature holds. */
export interface ArcMessageSignature extends SignatureTags {
  /** `i=` */
  instance: number;
  /** `hm=`, a tag of ours: whose message it is. */
  identityHash?: Uint8Array;
}

/**
 * Reads an ARC-Message-Signature field.
 *
 * @returns `undefined` where it cannot be verified.
 */
export function parseArcMessageSignature(
  field: HeaderField,
): ArcMessageSignature | undefined {
  const tags = parseTagList(fieldValue(field));
  const instance = parseInstance(tags?.get("i")?.value);
  const signature = tags && parseSignatureTags(field, tags);
  if (instance === undefined || signature === undefined) return undefined;
  // What a seal covers, a message signature cannot (RFC 8617 section 4.1.2).
  const namesSeal = signature.signedFields.some((name) =>
    name.toLowerCase() === ARC_SEAL.toLowerCase()
  );
  if (namesSeal) return undefined;
  const identityHash = decodeBase64(tags?.get("hm")?.value ?? "");
  return {
    ...signature,
    instance,
    ...(identityHash === undefined ? {} : { identityHash }),
  };
}

/** Both hashes, as base64. */
export interface MessageHashes {
  /** `bh=` */
  body: string;
  /** `hm=` */
  identity: string;
}

/** Writes an ARC-Message-Signature field with an empty `b=` at its end, as it is hashed. */
export function formatArcMessageSignature(
  instance: number,
  parameters: SignatureParameters,
  hashes: MessageHashes,
): HeaderField {
  const { headerCanonicalization, bodyCanonicalization } = parameters;
  const { timestamp, signedFields } = parameters;
  const raw = formatTagList(ARC_MESSAGE_SIGNATURE, [
    { name: "i", value: `${instance}` },
    { name: "a", value: parameters.algorithm },
    { name: "c", value: `${headerCanonicalization}/${bodyCanonicalization}` },
    { name: "d", value: parameters.domain },
    { name: "s", value: parameters.selector },
    ...(timestamp === undefined ? [] : [{ name: "t", value: `${timestamp}` }]),
    { name: "h", value: signedFields.join(":"), folding: "list" },
    { name: "hm", value: hashes.identity },
    { name: "bh", value: hashes.body },
    { name: "b", value: "" },
  ]);
  return { name: ARC_MESSAGE_SIGNATURE, raw };
}
