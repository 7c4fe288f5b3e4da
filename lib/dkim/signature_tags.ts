// The tags that DKIM-Signature and ARC-Message-Signature share (RFC 6376 section 3.5, RFC 8617 section
// 4.1.2); ARC-Seal has some of them too. Knows neither version, agent nor instance.

import { decodeBase64 } from "../message/base64.ts";
import {
  canonicalizationNamed,
  DKIM_CANONICALIZATIONS,
  type DkimCanonicalization,
} from "../message/canonicalization.ts";
import { toALabels } from "../message/domain_name.ts";
import {
  fieldValue,
  type HeaderField,
  isFieldName,
} from "../message/header.ts";
import { splitItems, type TagList, unfold } from "../message/tag_list.ts";

const ALGORITHMS = ["rsa-sha1", "rsa-sha256", "ed25519-sha256"] as const;
export type DkimAlgorithm = typeof ALGORITHMS[number];

/** A list of signed fields with more names is refused. */
export const MAX_SIGNED_FIELDS = 1000;

/** The tags of a signature without its hashes. */
export interface SignatureParameters {
  algorithm: DkimAlgorithm;
  headerCanonicalization: DkimCanonicalization;
  bodyCanonicalization: DkimCanonicalization;
  /** `d=`, without U-labels. */
  domain: string;
  /** `s=`, without U-labels. */
  selector: string;
  /** `t=`, in seconds. */
  timestamp?: number;
  /** `x=`, in seconds. */
  expiration?: number;
  /** `l=`, in octets of the canonical body. */
  bodyLength?: number;
  /** `h=`, in its order. */
  signedFields: string[];
}

/** All tags of a signature. */
export interface SignatureTags extends SignatureParameters {
  bodyHash: Uint8Array;
  signature: Uint8Array;
  /** The field with an empty `b=`, as it is hashed. */
  unsigned: HeaderField;
}

/**
 * Reads the tags of a signature.
 *
 * @returns `undefined` if one is missing or malformed.
 */
export function parseSignatureTags(
  field: HeaderField,
  tags: TagList,
): SignatureTags | undefined {
  const value = (name: string): string | undefined => tags.get(name)?.value;
  const algorithm = parseAlgorithm(value("a"));
  const [headerCanonicalization, bodyCanonicalization] = parseCanonicalizations(
    value("c"),
  );
  const domain = toALabels(value("d") ?? "");
  const selector = toALabels(value("s") ?? "");
  const signedFields = parseSignedFields(value("h"));
  const bodyHash = decodeBase64(value("bh") ?? "");
  const signature = decodeSignature(value("b") ?? "");
  const timestamp = parseNumber(value("t"));
  const expiration = parseNumber(value("x"));
  const bodyLength = parseNumber(value("l"));
  if (
    algorithm === undefined || headerCanonicalization === undefined ||
    bodyCanonicalization === undefined || domain === undefined ||
    selector === undefined || signedFields === undefined ||
    bodyHash === undefined || signature === undefined ||
    [timestamp, expiration, bodyLength].some(Number.isNaN) ||
    (expiration ?? Infinity) <= (timestamp ?? -1) || !asksForDnsTxt(value("q"))
  ) return undefined;
  return {
    algorithm,
    headerCanonicalization,
    bodyCanonicalization,
    domain,
    selector,
    signedFields,
    bodyHash,
    signature,
    unsigned: withoutSignature(field, tags),
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(expiration === undefined ? {} : { expiration }),
    ...(bodyLength === undefined ? {} : { bodyLength }),
  };
}

/** Empties the `b=` of a field, which must have one. */
export function withoutSignature(
  field: HeaderField,
  tags: TagList,
): HeaderField {
  const { start, end } = tags.get("b")!;
  const offset = field.raw.length - fieldValue(field).length;
  return {
    name: field.name,
    raw: field.raw.slice(0, offset + start) + field.raw.slice(offset + end),
  };
}

/** Reads `a=`, in any case. */
export function parseAlgorithm(value = ""): DkimAlgorithm | undefined {
  return ALGORITHMS.find((name) => name === value.toLowerCase());
}

/** Reads `c=`. Without it both are simple; without its second half the body is (RFC 6376 section 3.5). */
function parseCanonicalizations(
  value = "simple",
): (DkimCanonicalization | undefined)[] {
  const [header, body = "simple", ...rest] = value.toLowerCase().split("/");
  if (rest.length > 0) return [];
  return [header, body].map((name = "") =>
    canonicalizationNamed(DKIM_CANONICALIZATIONS, name)
  );
}

/** Reads a list of field names, without empty ones. */
function parseSignedFields(value: string | undefined): string[] | undefined {
  if (value === undefined) return undefined;
  const items = splitItems(value, MAX_SIGNED_FIELDS + 1);
  const names = items.filter((name) => name !== "");
  return names.every(isFieldName) && items.length <= MAX_SIGNED_FIELDS
    ? names
    : undefined;
}

/** Decodes `b=` up to its padding. OpenDKIM's signing tool leaves octets after it, and all others accept that. */
export function decodeSignature(value: string): Uint8Array | undefined {
  return decodeBase64(value.replace(/=[^]*$/, ""));
}

/** @returns NaN for a text that is no number. */
export function parseNumber(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  return /^[0-9]{1,76}$/.test(value) ? Number(value) : NaN;
}

function asksForDnsTxt(value = "dns/txt"): boolean {
  return unfold(value).toLowerCase().split(":").includes("dns/txt");
}
