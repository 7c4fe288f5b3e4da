// What the SMTP client is told of a refusal by SPF or DMARC, as ERROR_FD takes it: D or Z, then a line
// of printable ASCII with its status code (RFC 7372, RFC 9989 section 9.3). Knows no letter.

import { isToldDomain } from "./letters.ts";

type Action = "reject" | "defer";

/** qmail-smtpd takes no more (qmail-queue(8) of notqmail 1.09). */
const TEXT_OCTETS = 255;

/**
 * @param domain Whose record it was; a sender's word.
 * @param explanation The domain's own, in printable ASCII.
 */
export function formatSpfText(
  action: Action,
  domain = "",
  explanation?: string,
): string {
  const name = isToldDomain(domain) ? domain : "the sender's domain";
  if (action === "defer") return notNow("SPF", name);
  const text = `DSPF check failed for ${name} (#5.7.23)`;
  return explanation === undefined
    ? text
    : `${text} Explanation of ${name}: ${explanation}`.slice(0, TEXT_OCTETS);
}

/** @param domain The author's; a sender's word. */
export function formatDmarcText(action: Action, domain = ""): string {
  const name = isToldDomain(domain) ? domain : "the author's domain";
  return action === "defer"
    ? notNow("DMARC", name)
    : `DEmail rejected per DMARC policy for ${name} (#5.7.1)`;
}

function notNow(method: string, name: string): string {
  return `Z${method} check of ${name} is not possible now (#4.4.3)`;
}
