// The DomainKey-Signature field (RFC 4870 section 3.3): its tags, and the octets of the header
// that it signs. Knows neither key nor hash.

import { decodeBase64 } from "../message/base64.ts";
import {
  canonicalizationNamed,
  DOMAINKEYS_CANONICALIZATIONS,
  type DomainKeysCanonicalization,
} from "../message/canonicalization.ts";
import { toALabels } from "../message/domain_name.ts";
import {
  fieldValue,
  type HeaderField,
  isFieldName,
} from "../message/header.ts";
import type { Sink, Stage } from "../message/stage.ts";
import { formatTagList, parseTagList, unfold } from "../message/tag_list.ts";
import type { DomainKeysStatus } from "./status.ts";

/** The field's name. */
export const DOMAINKEY_SIGNATURE = "DomainKey-Signature";

/** A list of signed fields with more names than this is not worked through. */
const MAX_SIGNED_FIELDS = 1000;

/** The tags of a DomainKey-Signature without the signature itself. The only algorithm is rsa-sha1. */
export interface DomainKeysParameters {
  canonicalization: DomainKeysCanonicalization;
  /** `d=`, without U-labels. */
  domain: string;
  /** `s=`, without U-labels. */
  selector: string;
  /** `h=`; without it every field below the signature is signed. */
  signedFields?: string[];
}

/** What a DomainKey-Signature holds. */
export interface DomainKeysSignature extends DomainKeysParameters {
  signature: Uint8Array;
}

/**
 * Reads a DomainKey-Signature field.
 *
 * @returns What it holds, or why it cannot be verified.
 */
export function parseDomainKeysSignature(
  field: HeaderField,
): DomainKeysSignature | DomainKeysStatus {
  const tags = parseTagList(fieldValue(field));
  // Tag names are in lower case (RFC 4870 section 3.3), and libdomainkeys insists on it.
  const isLower = (name: string): boolean => name === name.toLowerCase();
  if (tags === undefined || ![...tags.keys()].every(isLower)) return "syntax";
  const value = (name: string): string | undefined => tags.get(name)?.value;
  const base64 = value("b");
  if (!value("d") || !value("s") || !base64) return "noSignature";

  const domain = toALabels(value("d")!);
  const selector = toALabels(value("s")!);
  const canonicalization = canonicalizationNamed(
    DOMAINKEYS_CANONICALIZATIONS,
    value("c")?.toLowerCase() ?? "",
  );
  const algorithm = (value("a") ?? "rsa-sha1").toLowerCase();
  const signature = decodeBase64(base64);
  const list = value("h");
  const names = list === undefined
    ? undefined
    : unfold(list).split(":", MAX_SIGNED_FIELDS + 1);
  if (
    canonicalization === undefined ||
    algorithm !== "rsa-sha1" ||
    domain === undefined || selector === undefined || signature === undefined
  ) return "syntax";
  if ((value("q") ?? "dns").toLowerCase() !== "dns") return "arguments";
  if (names !== undefined && names.length > MAX_SIGNED_FIELDS) {
    return "noResources";
  }
  return {
    canonicalization,
    domain,
    selector,
    signature,
    ...(names === undefined ? {} : { signedFields: names.filter(isFieldName) }),
  };
}

/** Writes a DomainKey-Signature field with an empty `b=` at its end. */
export function formatDomainKeysSignature(
  parameters: DomainKeysParameters,
): HeaderField {
  const { canonicalization, domain, selector, signedFields } = parameters;
  const raw = formatTagList(DOMAINKEY_SIGNATURE, [
    { name: "a", value: "rsa-sha1" },
    { name: "q", value: "dns" },
    { name: "c", value: canonicalization },
    { name: "s", value: selector },
    { name: "d", value: domain },
    ...(signedFields === undefined ? [] : [{
      name: "h",
      value: signedFields.join(":"),
      folding: "list" as const,
    }]),
    { name: "b", value: "" },
  ]);
  return { name: DOMAINKEY_SIGNATURE, raw };
}

/**
 * Writes the octets of the header that a signature signs: every field whose name is in the list, in
 * the order of the message.
 *
 * @param fields The fields below the signature.
 */
export function formatDomainKeysHeader(
  fields: HeaderField[],
  { signedFields, canonicalization }: DomainKeysParameters,
): string {
  const { field: canonicalize } =
    DOMAINKEYS_CANONICALIZATIONS[canonicalization];
  const names = signedFields &&
    new Set(signedFields.map((name) => name.toLowerCase()));
  const signed = fields.filter((field) =>
    names?.has(field.name.toLowerCase()) ?? true
  );
  return signed.map(canonicalize).join("");
}

/**
 * Makes the stage for the body, whose octets follow those of the header.
 *
 * @param sink Takes the canonical octets.
 */
export function createDomainKeysBody(
  { canonicalization }: DomainKeysParameters,
  sink: Sink,
): Stage {
  return DOMAINKEYS_CANONICALIZATIONS[canonicalization].body(sink);
}
