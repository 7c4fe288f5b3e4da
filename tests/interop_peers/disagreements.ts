// Where a peer and this project disagree on a message, and the sentence of the RFC that decides it.
// An entry that no longer holds is a failure, as is a disagreement that has no entry.

import type { Ability, Way } from "./peer.ts";

/** What is known of a peer. */
export interface Disagreement {
  /** How its name begins. */
  peer: string;
  /** Both, if not said. */
  does?: "signs" | "verifies";
  /** Names of messages, or all that a pattern fits. */
  messages: readonly string[] | RegExp;
  /** A pattern of scheme, algorithm and `c=`. */
  way: RegExp;
  /** What the peer does. */
  why: string;
  /** Where the sentence is. */
  section: string;
  sentence: string;
}

const SIMPLE_HEADER = /^dkim \S+ simple\//;
const RELAXED_BODY = /^dkim .*\/relaxed$/;
const SIMPLE_BODY = /^dkim .*\/simple$/;
const DKIM = /^dkim /;

export const DISAGREEMENTS: readonly Disagreement[] = [
  {
    peer: "Mail::DKIM",
    does: "verifies",
    messages: ["From folded"],
    way: /^domainkeys /,
    why: "takes the address out of the first line of From",
    section: "RFC 5322 section 2.2.3",
    sentence:
      "Each header field should be treated in its unfolded form for further syntactic and semantic evaluation.",
  },
  {
    peer: "dkimpy",
    messages: ["a blank before a colon"],
    way: DKIM,
    why: "takes the message for malformed",
    section: "RFC 6376 section 3.4.2",
    sentence:
      "Delete any WSP characters remaining before and after the colon separating the header field name from the header field value.",
  },
  {
    peer: "dkimpy",
    messages: [
      "body: no final newline after blanks",
      "body: blanks without a newline at the end",
    ],
    way: RELAXED_BODY,
    why: "keeps blanks at the end of a line that nothing ends",
    section: "RFC 6376 section 3.4.4",
    sentence: "Ignore all whitespace at the end of lines.",
  },
  {
    peer: "OpenDKIM",
    messages: [
      "body: one octet and no final newline",
      "body: no final newline",
      "body: no final newline after blanks",
    ],
    way: RELAXED_BODY,
    why: "fails at a last line that nothing ends",
    section: "RFC 6376 section 3.4.4",
    sentence:
      "If the body is non-empty but does not end with a CRLF, a CRLF is added.",
  },
  {
    peer: "OpenDKIM",
    messages: ["body: NUL octets"],
    way: DKIM,
    why: "takes NUL for the end of a string; no 8-bit message has one",
    section: "RFC 2045 section 2.8",
    sentence:
      'As with "7bit data" CR and LF octets only occur as part of CRLF line separation sequences and no NULs are allowed.',
  },
  {
    peer: "OpenDKIM",
    messages:
      /^(by chance \d+|long References|(folded right|a tab) after the colon|(no|many) blanks? after the colon|(an empty Subject|a Subject of blanks))$/,
    way: SIMPLE_HEADER,
    why: "in its test mode puts one space after each colon, whatever was there",
    section: "RFC 6376 section 3.4.1",
    sentence:
      'The "simple" header canonicalization algorithm does not change header fields in any way.',
  },
  {
    peer: "OpenDKIM",
    does: "signs",
    // In these two h= is so long, or so short, that the fold is there in both.
    messages: /^(?!mail of cron$|two blocks of Resent fields$)/,
    way: /^dkim ed25519-sha256 simple\//,
    why:
      "hashes its own field with b= on the line of h=, and then folds between them: no peer verifies it, nor does OpenDKIM",
    section: "RFC 6376 section 3.4.1",
    sentence:
      "Header fields MUST be presented to the signing or verification algorithm exactly as they are in the message being signed or verified.",
  },
  {
    peer: "libdkimtest",
    messages: [
      "body: an empty body",
      "body: a body of one empty line",
      "body: a body of five empty lines",
    ],
    way: SIMPLE_BODY,
    why: "hashes nothing for an empty body",
    section: "RFC 6376 section 3.4.3",
    sentence:
      'Note that a completely empty or missing body is canonicalized as a single "CRLF"; that is, the canonicalized length will be 2 octets.',
  },
  {
    peer: "libdkimtest",
    messages: [
      "body: one octet and no final newline",
      "body: no final newline",
      "body: no final newline after blanks",
    ],
    way: RELAXED_BODY,
    why: "adds no CRLF to a last line that nothing ends",
    section: "RFC 6376 section 3.4.4",
    sentence:
      "If the body is non-empty but does not end with a CRLF, a CRLF is added.",
  },
  {
    peer: "opendkim-testmsg",
    messages:
      /^(only From|mail of cron|two Cc|three To apart|two Subject|two Date|two equal Reply-To|by chance (6|7|8|10))$/,
    way: DKIM,
    why:
      "refuses to sign without Date, and with two fields of a kind that occurs once",
    section: "RFC 6376 section 3.8",
    sentence:
      "Therefore, Signers and Verifiers SHOULD take reasonable steps to ensure that the messages they are processing are valid according to [RFC5322], [RFC2045], and any other relevant message format standards.",
  },
];

/** The entry for a message, if there is one. */
export function findDisagreement(
  { name: signer }: Ability,
  { name: verifier }: Ability,
  { scheme, algorithm, canonicalization }: Way,
  message: string,
): Disagreement | undefined {
  const way = `${scheme} ${algorithm} ${canonicalization}`;
  return DISAGREEMENTS.find(({ peer, does, ...known }) =>
    ((does !== "verifies" && signer.startsWith(peer)) ||
      (does !== "signs" && verifier.startsWith(peer))) &&
    (known.messages instanceof RegExp
      ? known.messages.test(message)
      : known.messages.includes(message)) &&
    known.way.test(way)
  );
}
