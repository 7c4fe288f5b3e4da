// The ARC-Seal field (RFC 8617 section 4.1.3), and the octets of the sets that it signs (section
// 5.1.1). Knows neither key, hash nor clock.

import {
  decodeSignature,
  type DkimAlgorithm,
  parseAlgorithm,
  parseNumber,
  withoutSignature,
} from "../dkim/signature_tags.ts";
import { relaxedField } from "../message/canonicalization.ts";
import { toALabels } from "../message/domain_name.ts";
import { fieldValue, type HeaderField } from "../message/header.ts";
import { formatTagList, parseTagList } from "../message/tag_list.ts";
import { parseInstance } from "./instance.ts";

/** The field's name. */
export const ARC_SEAL = "ARC-Seal";

/** What a sealer says of the chain before its own set. */
export const CHAIN_STATES = ["none", "pass", "fail"] as const;
/** What a sealer says of the chain before its own set. */
export type ChainState = typeof CHAIN_STATES[number];

/** The tags of an ARC-Seal without its signature. */
export interface ArcSealParameters {
  /** `i=` */
  instance: number;
  algorithm: DkimAlgorithm;
  /** `cv=` */
  chainState: ChainState;
  /** `d=`, without U-labels. */
  domain: string;
  /** `s=`, without U-labels. */
  selector: string;
  /** `t=`, in seconds. */
  timestamp?: number;
}

/** All tags of an ARC-Seal. */
export interface ArcSeal extends ArcSealParameters {
  signature: Uint8Array;
  /** The field with an empty `b=`, as it is hashed. */
  unsigned: HeaderField;
}

/**
 * Reads an ARC-Seal field.
 *
 * @returns `undefined` if a tag is missing or malformed, or if there is an `h=`, which is forbidden.
 */
export function parseArcSeal(field: HeaderField): ArcSeal | undefined {
  const tags = parseTagList(fieldValue(field));
  const value = (name: string): string | undefined => tags?.get(name)?.value;
  const instance = parseInstance(value("i"));
  const algorithm = parseAlgorithm(value("a"));
  const chainState = parseChainState(value("cv"));
  const domain = toALabels(value("d") ?? "");
  const selector = toALabels(value("s") ?? "");
  const signature = decodeSignature(value("b") ?? "");
  const timestamp = parseNumber(value("t"));
  if (
    tags === undefined || tags.has("h") || instance === undefined ||
    algorithm === undefined || chainState === undefined ||
    domain === undefined || selector === undefined ||
    signature === undefined || Number.isNaN(timestamp)
  ) return undefined;
  return {
    instance,
    algorithm,
    chainState,
    domain,
    selector,
    signature,
    unsigned: withoutSignature(field, tags),
    ...(timestamp === undefined ? {} : { timestamp }),
  };
}

/** Reads `cv=`, in any case. */
export function parseChainState(value = ""): ChainState | undefined {
  return CHAIN_STATES.find((state) => state === value.toLowerCase());
}

/** Writes an ARC-Seal field with an empty `b=` at its end, as it is hashed. */
export function formatArcSeal(parameters: ArcSealParameters): HeaderField {
  const { timestamp } = parameters;
  const raw = formatTagList(ARC_SEAL, [
    { name: "i", value: `${parameters.instance}` },
    { name: "a", value: parameters.algorithm },
    ...(timestamp === undefined ? [] : [{ name: "t", value: `${timestamp}` }]),
    { name: "cv", value: parameters.chainState },
    { name: "d", value: parameters.domain },
    { name: "s", value: parameters.selector },
    { name: "b", value: "" },
  ]);
  return { name: ARC_SEAL, raw };
}

/** The fields of its own set that a seal covers. */
export interface SealedFields {
  results: HeaderField;
  messageSignature: HeaderField;
}

/** Writes a whole set for later seals, in relaxed form: its results, its message signature, its seal. */
export function canonicalSet(
  { results, messageSignature }: SealedFields,
  seal: HeaderField,
): string {
  return [results, messageSignature, seal].map(relaxedField).join("");
}

/**
 * Writes the octets that a seal signs: the sets before it in their order, then its own.
 *
 * @param before Each as {@linkcode canonicalSet} writes it; none if the chain has failed (RFC 8617
 * section 5.1.2).
 * @param unsigned The seal with an empty `b=`.
 */
export function formatSealedHeader(
  before: string[],
  own: SealedFields,
  unsigned: HeaderField,
): string {
  return before.join("") + canonicalSet(own, unsigned).slice(0, -2);
}
