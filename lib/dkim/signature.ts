// The DKIM-Signature field (RFC 6376 sections 3.5 and 3.7, RFC 8463): its tags, and the octets of the
// header that it signs. Knows neither key, hash nor clock.

import { DKIM_CANONICALIZATIONS } from "../message/canonicalization.ts";
import type { Address } from "../message/address.ts";
import { isWithin, toALabels } from "../message/domain_name.ts";
import { fieldValue, type HeaderField } from "../message/header.ts";
import {
  decodeQuotedPrintable,
  encodeQuotedPrintable,
  formatTagList,
  parseTagList,
  type TagText,
} from "../message/tag_list.ts";
import {
  parseSignatureTags,
  type SignatureParameters,
  type SignatureTags,
} from "./signature_tags.ts";
import type { DkimStatus } from "./status.ts";

/** The field's name. */
export const DKIM_SIGNATURE = "DKIM-Signature";

/** The tags of a DKIM-Signature without its hashes. */
export interface DkimParameters extends SignatureParameters {
  /** `i=`, as written. */
  identity?: string;
}

/** All tags of a DKIM-Signature. */
export interface DkimSignature extends DkimParameters, SignatureTags {
  /** `i=`, decoded, its domain without U-labels; without a tag `@` and `d=` (RFC 6376 section 3.5). */
  agent: Address;
}

/**
 * Reads a DKIM-Signature field.
 *
 * @returns What it holds, or why it cannot be verified (RFC 6376 section 6.1.1).
 */
export function parseDkimSignature(
  field: HeaderField,
): DkimSignature | DkimStatus {
  const tags = parseTagList(fieldValue(field));
  const version = tags?.get("v")?.value;
  if (tags === undefined || version === undefined) return "badSyntax";
  if (version !== "1") return "badVersion";
  const signature = parseSignatureTags(field, tags);
  const identity = tags.get("i")?.value;
  const agent = parseIdentity(identity ?? `@${tags.get("d")?.value}`);
  if (
    signature === undefined || agent === undefined ||
    !isWithin(agent.domain, signature.domain) || !signsFrom(signature)
  ) return "badSyntax";
  return {
    ...signature,
    agent,
    ...(identity === undefined ? {} : { identity }),
  };
}

/** Optional tags of a field besides {@linkcode DkimParameters}. */
export interface DkimExtras {
  /** Write `q=dns/txt`, which is the default. */
  query?: boolean;
  /** The fields to copy into `z=`, for diagnosis. */
  copiedFields?: HeaderField[];
}

/**
 * Writes a DKIM-Signature field with an empty `b=` at its end, as it is hashed.
 *
 * @param bodyHash As base64.
 */
export function formatDkimSignature(
  parameters: DkimParameters,
  bodyHash: string,
  extras: DkimExtras = {},
): HeaderField {
  const { timestamp, expiration, identity, bodyLength } = parameters;
  const tags: (TagText | false)[] = [
    { name: "v", value: "1" },
    { name: "a", value: parameters.algorithm },
    {
      name: "c",
      value:
        `${parameters.headerCanonicalization}/${parameters.bodyCanonicalization}`,
    },
    { name: "d", value: parameters.domain },
    { name: "s", value: parameters.selector },
    timestamp !== undefined && { name: "t", value: `${timestamp}` },
    expiration !== undefined && { name: "x", value: `${expiration}` },
    identity !== undefined && { name: "i", value: identity },
    extras.query === true && { name: "q", value: "dns/txt" },
    bodyLength !== undefined && { name: "l", value: `${bodyLength}` },
    { name: "h", value: parameters.signedFields.join(":"), folding: "list" },
    extras.copiedFields !== undefined &&
    {
      name: "z",
      value: extras.copiedFields.map(quoteField).join("|"),
      folding: "list",
    },
    { name: "bh", value: bodyHash },
    { name: "b", value: "" },
  ];
  const raw = formatTagList(
    DKIM_SIGNATURE,
    tags.filter((tag) => tag !== false),
  );
  return { name: DKIM_SIGNATURE, raw };
}

/**
 * Writes the octets of the header that a signature signs (RFC 6376 section 3.7): for each name in the
 * list the lowest instance that is left, if there is one, then the signature's own field.
 *
 * @param fields The header without the signature's own field.
 * @param unsigned The signature's field with an empty `b=`.
 */
export function formatDkimHeader(
  fields: HeaderField[],
  { signedFields, headerCanonicalization }: SignatureParameters,
  unsigned: HeaderField,
): string {
  const { field: canonicalize } =
    DKIM_CANONICALIZATIONS[headerCanonicalization];
  return signedInstances(fields, signedFields)
    .map((field) => field === undefined ? "" : canonicalize(field))
    .join("") +
    canonicalize(unsigned).slice(0, -2);
}

/** Finds the field that is signed for each name in h=; `undefined` if none is left. */
export function signedInstances(
  fields: HeaderField[],
  signedFields: string[],
): (HeaderField | undefined)[] {
  const left = new Map<string, HeaderField[]>();
  for (const name of signedFields) left.set(name.toLowerCase(), []);
  for (const field of fields) left.get(field.name.toLowerCase())?.push(field);
  return signedFields.map((name) => left.get(name.toLowerCase())?.pop());
}

/** Tells whether a signature signs From, as it must (RFC 6376 section 5.4). */
function signsFrom({ signedFields }: SignatureParameters): boolean {
  return signedFields.some((name) => name.toLowerCase() === "from");
}

/** Decodes `i=`. The last `@` comes before the domain: the local part may have others (RFC 6376 section 3.5). */
function parseIdentity(identity: string): Address | undefined {
  const at = identity.lastIndexOf("@");
  const domain = toALabels(decodeQuotedPrintable(identity.slice(at + 1)));
  return at === -1 || domain === undefined
    ? undefined
    : { localPart: decodeQuotedPrintable(identity.slice(0, at)), domain };
}

/** Writes a field for `z=`: DKIM-quoted-printable (RFC 6376 section 2.11), with the bar quoted too. */
function quoteField(field: HeaderField): string {
  const value = fieldValue(field).replaceAll("\n", "\r\n");
  return `${field.name}:${encodeQuotedPrintable(value).replaceAll("|", "=7C")}`;
}
