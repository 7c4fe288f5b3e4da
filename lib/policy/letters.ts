// DKVERIFY: the letters of the statuses that a site does not want, upper case for those it rejects,
// lower case for those it defers. Letters alone decide; what stands for no status does nothing.
// Knows no exit code and no message.

import type { DKIM_STATUS, DkimStatus } from "../dkim/status.ts";
import type {
  DOMAINKEYS_STATUS,
  DomainKeysStatus,
} from "../domainkeys/status.ts";
import { isDomainName } from "../message/domain_name.ts";
import type { Scheme } from "./options.ts";

/** A letter of {@linkcode DKIM_STATUS}. */
export type DkimLetter = (typeof DKIM_STATUS)[DkimStatus]["letter"];
/** A letter of {@linkcode DOMAINKEYS_STATUS}. */
export type DomainKeysLetter =
  (typeof DOMAINKEYS_STATUS)[DomainKeysStatus]["letter"];

/** The letters of each scheme, as written. */
export type Letters = Record<Scheme, string>;

/** That a message is not taken, and by the letters of which scheme. */
export interface Refusal {
  action: "reject" | "defer";
  scheme: Scheme;
}

/** What becomes of a message. */
export type Decision = { action: "accept" } | Refusal;

/** Reads DKVERIFY: letters of DomainKeys, and those of DKIM behind a comma. */
export function parseLetters(text: string): Letters {
  const [domainkeys = "", ...dkim] = text.split(",");
  return { domainkeys, dkim: dkim.join("") };
}

/** What was found of a message. */
export interface Found {
  domainkeys: DomainKeysLetter;
  dkim: DkimLetter;
  /** A good DKIM signature is aligned with From: DomainKeys does not overrule its successor. */
  isAuthorSigned: boolean;
}

/** Asks DomainKeys, then DKIM, and of each the upper-case letters first. */
export function decide(letters: Letters, found: Found): Decision {
  const schemes: Scheme[] = found.isAuthorSigned
    ? ["dkim"]
    : ["domainkeys", "dkim"];
  for (const scheme of schemes) {
    const letter = found[scheme];
    if (letters[scheme].includes(letter)) return { action: "reject", scheme };
    if (letters[scheme].includes(letter.toLowerCase())) {
      return { action: "defer", scheme };
    }
  }
  return { action: "accept" };
}

const SCHEME_NAMES: Record<Scheme, string> = {
  domainkeys: "DomainKeys",
  dkim: "DomainKeys Identified Mail (DKIM)",
};

/** Why a message is refused. */
export interface RefusalReason {
  letter: string;
  meaning: string;
  /** Whose signature it is; a sender's word. */
  domain?: string;
}

/** A longer name of a domain is not told: the whole text has at most 255 octets. */
const DOMAIN_OCTETS = 80;

/** What the SMTP client is told, as ERROR_FD takes it: `D` or `Z`, then a line of printable ASCII. */
export function formatErrorText(
  { action, scheme }: Refusal,
  { letter, meaning, domain = "" }: RefusalReason,
): string {
  const name = SCHEME_NAMES[scheme];
  const what = action === "reject"
    ? `D${name} permanently rejected message (#5.3.0)`
    : `Z${name} temporarily deferred message, please try again later (#4.3.0)`;
  const isTold = isDomainName(domain) && domain.length <= DOMAIN_OCTETS;
  const why = meaning.replace("%", isTold ? domain : "the signing domain");
  return `${what}: ${why} (letter ${letter})`;
}
