// DKVERIFY: letters of statuses, in upper case to reject such mail, in lower case to defer it. A char
// that is no letter of a status does nothing. Knows no exit code and no message.

import type { DkimStatus } from "../dkim/status.ts";
import type { DomainKeysStatus } from "../domainkeys/status.ts";
import { isDomainName } from "../message/domain_name.ts";
import type { Scheme } from "../ports/signing.ts";

/** The letter of a status in DKVERIFY, and its name in the historic programs. */
export interface StatusLetter {
  /** Upper case. */
  letter: string;
  /** What libdkim and libdomainkeys called it. */
  name: string;
}

/** As libdkim gave them. */
export const DKIM_LETTERS = {
  ok: { letter: "A", name: "OK" },
  fail: { letter: "B", name: "FAIL" },
  badSyntax: { letter: "C", name: "BAD_SYNTAX" },
  badSignature: { letter: "D", name: "SIG BAD" },
  badSignatureTesting: { letter: "E", name: "SIG BAD (testing)" },
  expired: { letter: "F", name: "SIG EXPIRED" },
  selectorInvalid: { letter: "G", name: "SELECTOR INVALID" },
  granularityMismatch: { letter: "H", name: "GRANULARITY MISMATCH" },
  selectorRevoked: { letter: "I", name: "SELECTOR REVOKED" },
  domainTooLong: { letter: "J", name: "DOMAIN TOO LONG" },
  dnsTemporary: { letter: "K", name: "DNS TEMP FAIL" },
  dnsPermanent: { letter: "L", name: "DNS PERM FAIL" },
  publicKeyInvalid: { letter: "M", name: "PUBLIC KEY INVALID" },
  noSignature: { letter: "N", name: "NO SIG" },
  noValidSignature: { letter: "O", name: "NO VALID SIG" },
  badBodyHash: { letter: "P", name: "BAD BODY HASH" },
  algorithmMismatch: { letter: "Q", name: "ALGORITHM MISMATCH" },
  badVersion: { letter: "R", name: "STAT INCOMPAT" },
  unsignedFrom: { letter: "S", name: "UNSIGNED FROM" },
} as const satisfies Record<DkimStatus, StatusLetter>;

/** As libdomainkeys gave them. */
export const DOMAINKEYS_LETTERS = {
  ok: { letter: "A", name: "OK" },
  badSignature: { letter: "B", name: "BADSIG" },
  noSignature: { letter: "C", name: "NOSIG" },
  noKey: { letter: "D", name: "NOKEY" },
  badKey: { letter: "E", name: "BADKEY" },
  cannotVerify: { letter: "F", name: "CANTVRFY" },
  syntax: { letter: "G", name: "SYNTAX" },
  noResources: { letter: "H", name: "NORESOURCE" },
  arguments: { letter: "I", name: "ARGS" },
  revoked: { letter: "J", name: "REVOKED" },
  internal: { letter: "K", name: "INTERNAL" },
  granularity: { letter: "L", name: "GRANULARITY" },
} as const satisfies Record<DomainKeysStatus, StatusLetter>;

/** A letter of {@linkcode DKIM_LETTERS}. */
export type DkimLetter = (typeof DKIM_LETTERS)[DkimStatus]["letter"];
/** A letter of {@linkcode DOMAINKEYS_LETTERS}. */
export type DomainKeysLetter =
  (typeof DOMAINKEYS_LETTERS)[DomainKeysStatus]["letter"];

/** The letters of each scheme, as written. */
export type Letters = Record<Scheme, string>;

/** The decision not to take a message, and the scheme whose letters decided. */
export interface Refusal {
  action: "reject" | "defer";
  scheme: Scheme;
}

/** The decision about a message. */
export type Decision = { action: "accept" } | Refusal;

/** Reads DKVERIFY: the letters of DomainKeys, a comma, the letters of DKIM. */
export function parseLetters(text: string): Letters {
  const [domainkeys = "", ...dkim] = text.split(",");
  return { domainkeys, dkim: dkim.join("") };
}

/** The statuses of a message. */
export interface Found {
  domainkeys: DomainKeysLetter;
  dkim: DkimLetter;
  /** A good DKIM signature is aligned with From. DomainKeys then has no say. */
  isAuthorSigned: boolean;
}

/** Decides by DomainKeys, then by DKIM. Of each the upper-case letters come first. */
export function decide(letters: Letters, found: Found): Decision {
  const schemes: Scheme[] = found.isAuthorSigned
    ? ["dkim"]
    : ["domainkeys", "dkim"];
  for (const scheme of schemes) {
    const action = actionOf(letters[scheme], found[scheme]);
    if (action !== undefined) return { action, scheme };
  }
  return { action: "accept" };
}

/** What a site's letters say of a letter in upper case: that is asked before the lower one. */
export function actionOf(
  letters: string,
  letter: string,
): Refusal["action"] | undefined {
  if (letters.includes(letter)) return "reject";
  return letters.includes(letter.toLowerCase()) ? "defer" : undefined;
}

const SCHEME_NAMES: Record<Scheme, string> = {
  domainkeys: "DomainKeys",
  dkim: "DomainKeys Identified Mail (DKIM)",
};

/** The reason of a refusal. */
export interface RefusalReason {
  letter: string;
  meaning: string;
  /** The signing domain, as the sender wrote it. */
  domain?: string;
}

/** A longer domain name is left out: the whole text has at most 255 octets. */
const DOMAIN_OCTETS = 80;

/** Writes the text for the SMTP client, as ERROR_FD takes it: `D` or `Z`, then a line of printable ASCII. */
export function formatErrorText(
  { action, scheme }: Refusal,
  { letter, meaning, domain = "" }: RefusalReason,
): string {
  const name = SCHEME_NAMES[scheme];
  const what = action === "reject"
    ? `D${name} permanently rejected message (#5.3.0)`
    : `Z${name} temporarily deferred message, please try again later (#4.3.0)`;
  const owner = isToldDomain(domain) ? domain : "the signing domain";
  return `${what}: ${meaning.replace("%", owner)} (letter ${letter})`;
}

/** Tells whether a sender's word may be told to others: a name of letters, digits and hyphens. */
export function isToldDomain(domain: string): boolean {
  return isDomainName(domain) && domain.length <= DOMAIN_OCTETS;
}
