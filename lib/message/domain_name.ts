// Domain names as a signature may name them: letters, digits, hyphens and, as DNS has them
// in practice, underscores. Knows no DNS.

/** At most this many octets, dots included (RFC 1035 section 2.3.4). */
const NAME_OCTETS = 253;

/** Tells whether a text is a domain name, or a selector: labels of 1 to 63 octets, dots between them. */
export function isDomainName(text: string): boolean {
  return text.length <= NAME_OCTETS &&
    /^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$/.test(text);
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
