// The identity that SPF checks (RFC 7208 sections 2.3, 2.4, 4.1 and 4.3): the sender, or the HELO name
// for the null sender. Takes octet strings. Knows no DNS.

import { toALabels } from "../message/domain_name.ts";

/** The sender in the parts that macros use. */
export interface Identity {
  kind: "mailfrom" | "helo";
  localPart: string;
  /** `undefined` if SPF has no result for it. */
  domain: string | undefined;
}

const NAME_OCTETS = 253;
const LABEL_OCTETS = 63;
/** The longest value of a macro that a domain name has room for. */
const VALUE_OCTETS = 255;

/**
 * Finds the identity to check.
 *
 * @param mailFrom The sender; empty for the null sender.
 * @param helo The HELO name, if it is known.
 */
export function identify(mailFrom: string, helo: string | undefined): Identity {
  if (mailFrom === "") {
    const domain = readDomain(helo ?? "");
    return { kind: "helo", localPart: "postmaster", domain };
  }
  const at = mailFrom.lastIndexOf("@");
  const localPart = cut(mailFrom.slice(0, Math.max(at, 0))) || "postmaster";
  const domain = at === -1 ? undefined : readDomain(mailFrom.slice(at + 1));
  return { kind: "mailfrom", localPart, domain };
}

/** Keeps the end of a value, as much as a macro can use. */
export function cut(value: string): string {
  return value.slice(-VALUE_OCTETS);
}

/**
 * Reads a domain. A final dot is allowed (section 4.3).
 *
 * @returns `undefined` for an address literal, a single label, or what is no name of DNS.
 */
export function readDomain(text: string): string | undefined {
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  if (name.length > 4 * NAME_OCTETS || name.startsWith("[")) return undefined;
  const domain = /[\x80-\xff]/.test(name) ? toALabels(name) : name;
  if (domain === undefined || domain.length > NAME_OCTETS) return undefined;
  const labels = domain.split(".");
  const isName = labels.length > 1 &&
    labels.every((label) => label !== "" && label.length <= LABEL_OCTETS);
  return isName ? domain : undefined;
}
