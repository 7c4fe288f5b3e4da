// SPF records (RFC 7208 sections 4.5, 4.6.1, 5, 6 and 12): finds them among texts, and parses the
// whole record or refuses it. Knows no DNS and no client.

import {
  ADDRESS_BITS,
  type IpNetwork,
  parseAddress,
  parseBits,
} from "./address.ts";
import {
  type MacroString,
  parseDomainSpec,
  parseMacroString,
} from "./macro.ts";

/** The result of a term that matches, by its qualifier. */
export const QUALIFIERS = {
  "+": "pass",
  "-": "fail",
  "~": "softfail",
  "?": "neutral",
} as const;

/** A value of {@linkcode QUALIFIERS}. */
export type Qualified = typeof QUALIFIERS[keyof typeof QUALIFIERS];

/** A mechanism without its qualifier. */
export type Mechanism =
  | { name: "all" }
  | { name: "include" | "exists"; domain: MacroString }
  /** `undefined` stands for the domain whose record it is. */
  | { name: "a" | "mx"; domain?: MacroString; bits: { 4: number; 6: number } }
  | { name: "ptr"; domain?: MacroString }
  | { name: "ip4" | "ip6"; network: IpNetwork };

/** A mechanism with its qualifier, and its text. */
export type Directive = Mechanism & { result: Qualified; text: string };

/** A record. */
export interface SpfRecord {
  directives: Directive[];
  redirect?: { domain: MacroString; text: string };
  /** `exp=` */
  explanation?: MacroString;
}

/** A longer record is refused. */
export const RECORD_OCTETS = 4096;

const VERSION = /^v=spf1(?= |$)/i;
const DIRECTIVE = /^([-+~?]?)([a-z][a-z\d]*)(?::(.*?))?((?:\/.*)?)$/i;
const MODIFIER = /^([a-z][a-z\d._-]*)=(.*)$/i;
/** The prefix lengths at the end of a term. */
const DUAL_BITS = /^(?:\/(\d+))?(?:\/\/(\d+))?$/;
const TRAILING_BITS = /^(.*?)((?:\/\d+)?(?:\/\/\d+)?)$/;

/** Selects the texts that are SPF records, whether they parse or not. */
export function selectRecords(texts: string[]): string[] {
  return texts.filter((text) => VERSION.test(text));
}

/**
 * Parses a record that {@linkcode selectRecords} has found.
 *
 * @returns The record, or its fault as text.
 */
export function parseRecord(text: string): SpfRecord | string {
  if (text.length > RECORD_OCTETS) {
    return `a record over ${RECORD_OCTETS} octets`;
  }
  return parseTerms(text.slice("v=spf1".length));
}

/**
 * Parses terms without a record around them: the local rules of a site.
 *
 * @returns The terms, or their fault as text.
 */
export function parseRules(text: string): Directive[] | string {
  const record = parseTerms(text.trim().replace(/\s+/g, " "));
  if (typeof record === "string") return record;
  const { directives, redirect, explanation } = record;
  return redirect || explanation ? "a modifier" : directives;
}

function parseTerms(text: string): SpfRecord | string {
  // "This character set is limited to US-ASCII" (RFC 7208 section 3.1).
  if (/[^\x20-\x7e]/.test(text)) return "an octet that is not printable ASCII";
  const record: SpfRecord = { directives: [] };
  for (const term of text.split(" ")) {
    if (term === "") continue;
    const [, name, value] = MODIFIER.exec(term) ?? [];
    const isFine = name === undefined
      ? addDirective(record, term)
      : addModifier(record, name.toLowerCase(), value!, term);
    if (!isFine) return `bad term ${term}`;
  }
  return record;
}

function addModifier(
  record: SpfRecord,
  name: string,
  value: string,
  text: string,
): boolean {
  // "All other modifiers ... MUST be ignored" (section 6), if their syntax is that of a modifier.
  if (name !== "redirect" && name !== "exp") {
    return parseMacroString(value, true) !== undefined;
  }
  const domain = parseDomainSpec(value);
  const isSecond = name === "exp" ? record.explanation : record.redirect;
  if (domain === undefined || isSecond) return false;
  if (name === "exp") record.explanation = domain;
  else record.redirect = { domain, text };
  return true;
}

function addDirective(record: SpfRecord, text: string): boolean {
  const [, sign, name, value, bits] = DIRECTIVE.exec(text) ?? [];
  if (name === undefined) return false;
  // A slash may be part of a name: only digits at the end are a prefix length.
  const argument = value === undefined ? undefined : `${value}${bits}`;
  const mechanism = parseMechanism(name.toLowerCase(), argument, bits!);
  if (mechanism === undefined) return false;
  const result = QUALIFIERS[(sign || "+") as keyof typeof QUALIFIERS];
  record.directives.push({ ...mechanism, result, text });
  return true;
}

/** @param argument The text after the colon. @param bits The prefix length, if there is no colon. */
function parseMechanism(
  name: string,
  argument: string | undefined,
  bits: string,
): Mechanism | undefined {
  if (name === "ip4" || name === "ip6") return parseNetwork(name, argument);
  if (name === "a" || name === "mx") return parseHost(name, argument, bits);
  if (argument === undefined) {
    const isBare = bits === "" && (name === "all" || name === "ptr");
    return isBare ? { name } : undefined;
  }
  const domain = parseDomainSpec(argument);
  const isKnown = name === "include" || name === "exists" || name === "ptr";
  return isKnown && domain !== undefined ? { name, domain } : undefined;
}

function parseNetwork(
  name: "ip4" | "ip6",
  argument = "",
): Mechanism | undefined {
  const family = name === "ip4" ? 4 : 6;
  const [, text = "", length] = /^([^/]*)(?:\/(.*))?$/.exec(argument) ?? [];
  const address = parseAddress(text);
  const bits = length === undefined
    ? ADDRESS_BITS[family]
    : parseBits(length, family);
  return address?.family === family && bits !== undefined
    ? { name, network: { ...address, bits } }
    : undefined;
}

function parseHost(
  name: "a" | "mx",
  argument: string | undefined,
  lengths: string,
): Mechanism | undefined {
  const [, spec, trailing] = argument === undefined
    ? [undefined, undefined, lengths]
    : TRAILING_BITS.exec(argument) ?? [];
  const [whole, four = "32", six = "128"] = DUAL_BITS.exec(trailing!) ?? [];
  const bits4 = parseBits(four, 4);
  const bits6 = parseBits(six, 6);
  if (whole === undefined || bits4 === undefined || bits6 === undefined) {
    return undefined;
  }
  const bits = { 4: bits4, 6: bits6 };
  if (spec === undefined) return { name, bits };
  const domain = parseDomainSpec(spec);
  return domain && { name, domain, bits };
}
