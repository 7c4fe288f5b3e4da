// Domain names in signatures: letters, digits, hyphens and, since DNS has them in practice,
// underscores. U-labels (RFC 8616 section 3) become A-labels. Knows no DNS.

import { toALabel } from "./a_label.ts";

/** At most this many octets, dots included (RFC 1035 section 2.3.4). */
const NAME_OCTETS = 253;

/** Tells whether a text is a domain name, or a selector: labels of 1 to 63 octets, dots between them. */
export function isDomainName(text: string): boolean {
  return text.length <= NAME_OCTETS &&
    /^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$/.test(text);
}

/**
 * Writes a domain name or a selector as DNS has it: each U-label becomes its A-label. ASCII labels
 * keep their case.
 *
 * @param name An octet string: UTF-8 where it is not ASCII.
 * @returns `undefined` for what is no domain name.
 */
export function toALabels(name: string): string | undefined {
  if (isDomainName(name)) return name;
  // No U-label has more than four octets of UTF-8 for each octet of its A-label.
  if (name.length > 4 * NAME_OCTETS || !/[\x80-\xff]/.test(name)) {
    return undefined;
  }
  const labels = name.split(".").map((label) =>
    /[\x80-\xff]/.test(label) ? toALabel(label) : label
  );
  const text = labels.includes(undefined) ? "" : labels.join(".");
  return isDomainName(text) ? text : undefined;
}

/** Tells whether a domain is another one or lies below it, in any case. */
export function isWithin(domain: string, parent: string): boolean {
  return `.${domain.toLowerCase()}`.endsWith(`.${parent.toLowerCase()}`);
}

/** The domain, then its parents, down to those of two labels; lower-cased. */
export function withParents(domain: string): string[] {
  const labels = domain.toLowerCase().split(".");
  return labels.slice(0, Math.max(labels.length - 1, 1)).map((_, n) =>
    labels.slice(n).join(".")
  );
}
