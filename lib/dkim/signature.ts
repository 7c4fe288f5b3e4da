// The DKIM-Signature field (RFC 6376 sections 3.5 and 3.7, RFC 8463): its tags, and the
// octets of the header that it signs. Knows neither key, hash nor clock.

import { decodeBase64 } from "../message/base64.ts";
import {
  canonicalizationNamed,
  DKIM_CANONICALIZATIONS,
  type DkimCanonicalization,
} from "../message/canonicalization.ts";
import type { Address } from "../message/address.ts";
import { isWithin, toALabels } from "../message/domain_name.ts";
import {
  fieldValue,
  type HeaderField,
  isFieldName,
} from "../message/header.ts";
import {
  decodeQuotedPrintable,
  encodeQuotedPrintable,
  formatTagList,
  parseTagList,
  splitItems,
  type TagText,
  unfold,
} from "../message/tag_list.ts";
import type { DkimStatus } from "./status.ts";

/** The field's name. */
export const DKIM_SIGNATURE = "DKIM-Signature";

const ALGORITHMS = ["rsa-sha1", "rsa-sha256", "ed25519-sha256"] as const;
export type DkimAlgorithm = typeof ALGORITHMS[number];

/** A list of signed fields with more names than this is not worked through. */
export const MAX_SIGNED_FIELDS = 1000;

/** What a DKIM-Signature says of what it signs. */
export interface DkimParameters {
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
  /** `i=`, as written. */
  identity?: string;
  /** `l=`, in octets of the canonical body. */
  bodyLength?: number;
  /** `h=`, in its order. */
  signedFields: string[];
}

/** What a DKIM-Signature holds. */
export interface DkimSignature extends DkimParameters {
  /** `i=`, decoded, its domain without U-labels; `@` and `d=` where there is none (RFC 6376 section 3.5). */
  agent: Address;
  bodyHash: Uint8Array;
  signature: Uint8Array;
  /** The field with an empty `b=`, as it is hashed. */
  unsigned: HeaderField;
}

/**
 * Reads a DKIM-Signature field.
 *
 * @returns What it holds, or why it can not be verified (RFC 6376 section 6.1.1).
 */
export function parseDkimSignature(
  field: HeaderField,
): DkimSignature | DkimStatus {
  const tags = parseTagList(fieldValue(field));
  const value = (name: string): string | undefined => tags?.get(name)?.value;
  const version = value("v");
  if (tags === undefined || version === undefined) return "badSyntax";
  if (version !== "1") return "badVersion";

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
  const identity = value("i");
  const agent = parseIdentity(identity ?? `@${value("d")}`);
  if (
    algorithm === undefined || headerCanonicalization === undefined ||
    bodyCanonicalization === undefined || domain === undefined ||
    selector === undefined ||
    signedFields === undefined ||
    bodyHash === undefined || signature === undefined ||
    [timestamp, expiration, bodyLength].some(Number.isNaN) ||
    (expiration ?? Infinity) <= (timestamp ?? -1) ||
    agent === undefined || !isWithin(agent.domain, domain) ||
    !asksForDnsTxt(value("q"))
  ) return "badSyntax";

  const { start, end } = tags.get("b")!;
  const offset = field.raw.length - fieldValue(field).length;
  const unsigned = {
    name: field.name,
    raw: field.raw.slice(0, offset + start) + field.raw.slice(offset + end),
  };
  return {
    algorithm,
    headerCanonicalization,
    bodyCanonicalization,
    domain,
    selector,
    agent,
    signedFields,
    bodyHash,
    signature,
    unsigned,
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(expiration === undefined ? {} : { expiration }),
    ...(bodyLength === undefined ? {} : { bodyLength }),
    ...(identity === undefined ? {} : { identity }),
  };
}

/** What may be written into a field besides {@linkcode DkimParameters}. */
export interface DkimExtras {
  /** `q=dns/txt`, which is the default to every verifier. */
  query?: boolean;
  /** The fields for `z=`, a copy for those who diagnose. */
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
 * The octets of the header that a signature signs: of each name in the list the lowest instance
 * not taken yet, nothing where none is left, then the signature's own field (RFC 6376 section 3.7).
 *
 * @param fields The header without the signature's own field.
 * @param unsigned The signature's field with an empty `b=`.
 */
export function formatDkimHeader(
  fields: HeaderField[],
  { signedFields, headerCanonicalization }: DkimParameters,
  unsigned: HeaderField,
): string {
  const { field: canonicalize } =
    DKIM_CANONICALIZATIONS[headerCanonicalization];
  return signedInstances(fields, signedFields)
    .map((field) => field === undefined ? "" : canonicalize(field))
    .join("") +
    canonicalize(unsigned).slice(0, -2);
}

/** For each name in h= the field that is signed, `undefined` where none is left. */
export function signedInstances(
  fields: HeaderField[],
  signedFields: string[],
): (HeaderField | undefined)[] {
  const left = new Map<string, HeaderField[]>();
  for (const name of signedFields) left.set(name.toLowerCase(), []);
  for (const field of fields) left.get(field.name.toLowerCase())?.push(field);
  return signedFields.map((name) => left.get(name.toLowerCase())?.pop());
}

function parseAlgorithm(value = ""): DkimAlgorithm | undefined {
  return ALGORITHMS.find((name) => name === value.toLowerCase());
}

/** Without `c=` both are simple, without its second half the body is (RFC 6376 section 3.5). */
function parseCanonicalizations(
  value = "simple",
): (DkimCanonicalization | undefined)[] {
  const [header, body = "simple", ...rest] = value.toLowerCase().split("/");
  if (rest.length > 0) return [];
  return [header, body].map((name = "") =>
    canonicalizationNamed(DKIM_CANONICALIZATIONS, name)
  );
}

/** Names of fields, empty ones left out; a signature has to sign From (RFC 6376 section 5.4). */
function parseSignedFields(value = ""): string[] | undefined {
  const items = splitItems(value, MAX_SIGNED_FIELDS + 1);
  const names = items.filter((name) => name !== "");
  const hasFrom = names.some((name) => name.toLowerCase() === "from");
  return hasFrom && names.every(isFieldName) &&
      items.length <= MAX_SIGNED_FIELDS
    ? names
    : undefined;
}

/** OpenDKIM's signing tool leaves octets behind the padding; everybody else verifies that. */
function decodeSignature(value: string): Uint8Array | undefined {
  return decodeBase64(value.replace(/=[^]*$/, ""));
}

/** @returns NaN for what is no number. */
function parseNumber(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  return /^[0-9]{1,76}$/.test(value) ? Number(value) : NaN;
}

/** The quoted form has one `@` that is not quoted; a local part may have more (RFC 6376 section 3.5). */
function parseIdentity(identity: string): Address | undefined {
  const at = identity.lastIndexOf("@");
  const domain = toALabels(decodeQuotedPrintable(identity.slice(at + 1)));
  return at === -1 || domain === undefined
    ? undefined
    : { localPart: decodeQuotedPrintable(identity.slice(0, at)), domain };
}

function asksForDnsTxt(value = "dns/txt"): boolean {
  return unfold(value).toLowerCase().split(":").includes("dns/txt");
}

/** A field for `z=`: DKIM-quoted-printable (RFC 6376 section 2.11), with the bar quoted too. */
function quoteField(field: HeaderField): string {
  const value = fieldValue(field).replaceAll("\n", "\r\n");
  return `${field.name}:${encodeQuotedPrintable(value).replaceAll("|", "=7C")}`;
}
