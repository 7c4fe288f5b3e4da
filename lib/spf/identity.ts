// Whose domain is held against a client (RFC 7208 sections 2.3, 2.4, 4.1 and 4.3): the sender's, or
// the HELO name for the null sender. Takes octet strings. Knows no DNS.

import { toALabels } from "../message/domain_name.ts";

/** A sender as the macros have it. */
export interface Identity {
  kind: "mailfrom" | "helo";
  localPart: string;
  /** `undefined` for what SPF has no result of. */
  domain: string | undefined;
}

const NAME_OCTETS = 253;
const LABEL_OCTETS = 63;
/** No name has room for more of a macro's value, however long a local part is. */
const VALUE_OCTETS = 255;

/**
 * The identity that is checked.
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

/** So much of a value as a macro can use. */
export function cut(value: string): string {
  return value.slice(-VALUE_OCTETS);
}

/**
 * A domain that SPF can be asked for. Its final dot is the root's and no empty label (section 4.3).
 *
 * @returns `undefined` for a literal, one label alone, or what is no name of DNS.
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
