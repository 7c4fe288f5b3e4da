// Where a peer decides otherwise than verify() on a mutant, by what both say of it, and the sentence
// of the RFC that decides. The first entry that fits is the reason.

/** What is known of a peer. */
export interface Reason {
  /** How its name begins. */
  peer: RegExp;
  /** Both, if not said. */
  scheme?: "dkim" | "domainkeys";
  /** What verify() says of one signature. */
  ours: RegExp;
  /** What the peer says of one. */
  theirs: RegExp;
  /** What the mutant looks like, where the words do not tell. */
  message?: RegExp;
  /** What the peer does. */
  why: string;
  /** Where the sentence is. */
  section: string;
  sentence: string;
}

const BOTH = /^(?:Mail::DKIM|dkimpy) /;
const MAIL_DKIM = /^Mail::DKIM /;
const DKIMPY = /^dkimpy /;
const PASS = /^pass$/;

/** RFC 6376 section 3.8 */
const REASONABLE_STEPS =
  "Therefore, Signers and Verifiers SHOULD take reasonable steps to ensure that the messages they are processing are valid according to [RFC5322], [RFC2045], and any other relevant message format standards.";
/** RFC 6376 section 3.4.2 */
const BEFORE_THE_COLON =
  "Delete any WSP characters remaining before and after the colon separating the header field name from the header field value.";
/** RFC 4870 section 3.4.2.1 */
const IN_THEIR_ORDER =
  "Each line of the email is presented to the signing algorithm in the order it occurs in the complete email, from the first line of the headers to the last line of the body.";

/** Both peers go on after what no header holds. */
const MALFORMED: readonly Reason[] = [
  {
    ours: /^permerror .* header field \d+ is no field$/,
    why: "goes on after a line that is no field",
  },
  {
    ours: /^permerror .* a bare CR in header field \d+$/,
    why: "goes on after a bare CR",
  },
  {
    ours: /^permerror .* a NUL in header field \d+$/,
    why: "goes on after a NUL",
  },
  {
    ours: /^permerror .* white space before the colon of \S+$/,
    why:
      "goes on after white space before the colon of a field that is not signed",
  },
  {
    ours: /^permerror .* \d+ From fields$/,
    why: "lets two From pass, if one is signed",
  },
].map((one) => ({
  ...one,
  peer: BOTH,
  theirs: PASS,
  section: "RFC 6376 section 3.8",
  sentence: REASONABLE_STEPS,
}));

export const REASONS: readonly Reason[] = [
  {
    peer: DKIMPY,
    scheme: "dkim",
    ours: /^(?:fail|permerror) /,
    theirs: PASS,
    message: /^From[ \t]+:/m,
    why: "takes every line that begins with From and a blank for a mailbox's",
    section: "RFC 6376 section 3.4.2",
    sentence: BEFORE_THE_COLON,
  },
  ...MALFORMED,
  {
    peer: BOTH,
    scheme: "dkim",
    ours: /^policy .* l= leaves \d+ octets unsigned$/,
    theirs: PASS,
    why: "lets octets pass that l= does not count",
    section: "RFC 6376 section 8.2",
    sentence:
      "To avoid this attack, Signers should be extremely wary of using this tag, and Assessors might wish to ignore signatures that use the tag.",
  },
  {
    peer: BOTH,
    scheme: "dkim",
    ours: /^neutral \(bad syntax\)$/,
    theirs: PASS,
    why: "skips octets in b= that are neither base64 nor white space",
    section: "RFC 6376 section 6.1.1",
    sentence:
      "Implementers MUST meticulously validate the format and values in the DKIM-Signature header field; any inconsistency or unexpected values MUST cause the header field to be completely ignored and the Verifier to return PERMFAIL (signature syntax error).",
  },
  {
    peer: MAIL_DKIM,
    scheme: "dkim",
    ours: /^fail \(bad bodyhash\)$/,
    theirs: PASS,
    message: /\r$/,
    why: "is fed without a CR at the very end, as its manual does it",
    section: "RFC 5322 section 2.3",
    sentence:
      "CR and LF MUST only occur together as CRLF; they MUST NOT appear independently in the body.",
  },
  {
    peer: DKIMPY,
    scheme: "dkim",
    ours: PASS,
    theirs: /Unexpected characters in RFC822 header: b'>From /,
    why: "takes the quoted first line of a mailbox file for a malformed field",
    section: "RFC 6376 section 3.8",
    sentence: REASONABLE_STEPS,
  },
  {
    peer: DKIMPY,
    scheme: "dkim",
    ours: PASS,
    theirs:
      /^(?:fail$|MessageFormatError: Unexpected characters in RFC822|IndexError:)/,
    message: /^[!-9;-~]+(?:\r?\n?[ \t])+:/m,
    why: "knows no white space before a colon",
    section: "RFC 6376 section 3.4.2",
    sentence: BEFORE_THE_COLON,
  },
  {
    peer: MAIL_DKIM,
    scheme: "dkim",
    ours: PASS,
    theirs: /^fail \(message has been altered\)$/,
    message: /^DKIM-Signature(?:\r?\n?[ \t])+:/im,
    why: "knows no white space before the colon of the signature's own field",
    section: "RFC 6376 section 3.4.2",
    sentence: BEFORE_THE_COLON,
  },
  {
    peer: DKIMPY,
    scheme: "dkim",
    ours: PASS,
    theirs: /^ValidationError: b= value is not valid base64/,
    why: "wants padding, and nothing after it",
    section: "RFC 2045 section 6.8",
    sentence:
      'Because it is used only for padding at the end of the data, the occurrence of any "=" characters may be taken as evidence that the end of the data has been reached (without truncation in transit).',
  },
  {
    peer: DKIMPY,
    scheme: "dkim",
    ours: PASS,
    theirs: /^ValidationError: body hash mismatch/,
    message: /[ \t]$/,
    why: "keeps blanks at the end of a line that nothing ends",
    section: "RFC 6376 section 3.4.4",
    sentence: "Ignore all whitespace at the end of lines.",
  },
  {
    peer: MAIL_DKIM,
    scheme: "domainkeys",
    ours: /^neutral \(bad format\)$/,
    theirs: PASS,
    why:
      "reads a tag list that is none: a tag twice, a name in capitals or none, octets in b= that are not base64",
    section: "RFC 6376 section 3.2",
    sentence:
      "Tags with duplicate names MUST NOT occur within a single tag-list; if a tag name does occur more than once, the entire tag-list is invalid.",
  },
  {
    peer: MAIL_DKIM,
    scheme: "domainkeys",
    ours: /^fail \(bad sig\)$/,
    theirs: PASS,
    why: "takes fields in the order of h=, not in that of the message",
    section: "RFC 4870 section 3.4.2.1",
    sentence: IN_THEIR_ORDER,
  },
  {
    peer: MAIL_DKIM,
    scheme: "domainkeys",
    ours: PASS,
    theirs: /^(?:fail \(message has been altered\)|invalid \(bad identity\))$/,
    message: /^DomainKey-Signature[^]*?h=[^;]*(?:[\w-]\s+[\w-]|:\s*:)/im,
    why: "takes white space in h= for part of a name, and skips no empty name",
    section: "RFC 4870 section 3.3",
    sentence:
      "A colon-separated list of header field names that identify the headers presented to the signing algorithm.",
  },
  {
    peer: MAIL_DKIM,
    scheme: "domainkeys",
    ours: PASS,
    theirs: /^fail \(message has been altered\)$/,
    why: "takes fields in the order of h=, not in that of the message",
    section: "RFC 4870 section 3.4.2.1",
    sentence: IN_THEIR_ORDER,
  },
  {
    peer: MAIL_DKIM,
    scheme: "domainkeys",
    ours: / stands above the signature too$/,
    theirs: PASS,
    why: "does not look at fields above the signature",
    section: "RFC 4870 section 3.3",
    sentence:
      'If a header is included in this list, a verifier must include all occurrences of that header, subsequent to the "DomainKey-Signature:" header in the verification.',
  },
  {
    peer: MAIL_DKIM,
    scheme: "domainkeys",
    ours: /^neutral .* (?:d= is not the sender's domain|no usable From)$/,
    theirs: PASS,
    why: "goes by From where there is a Sender, and by half an address",
    section: "RFC 4870 section 3.3",
    sentence:
      "The value in this tag MUST match the domain of the sending email address or MUST be one of the parent domains of the sending email address.",
  },
  {
    peer: MAIL_DKIM,
    scheme: "domainkeys",
    ours: /^neutral .* (?:Sender|From) is not signed$/,
    theirs: PASS,
    why: "goes by an author whom h= does not list",
    section: "RFC 4870 section 3.4.2.1",
    sentence:
      'If the "h" tag is used, only those header lines (and their continuation lines if any) added to the "h" tag list are included.',
  },
  {
    peer: MAIL_DKIM,
    scheme: "domainkeys",
    ours: /^none \(no signature\)$/,
    theirs: PASS,
    message: /^DomainKey-Signature[^]*?\nDomainKey-Signature/im,
    why: "goes on to the next signature where the topmost has no b=",
    section: "RFC 4870 section 3.3",
    sentence:
      'If a header is included in this list, a verifier must include all occurrences of that header, subsequent to the "DomainKey-Signature:" header in the verification.',
  },
  {
    peer: MAIL_DKIM,
    scheme: "domainkeys",
    ours: /^none \(no signature\)$/,
    theirs: PASS,
    message: /^DomainKey-Signature\s+:/im,
    why: "takes a name that is folded before its colon for a name",
    section: "RFC 5322 section 4.5.8",
    sentence: 'obs-optional = field-name *WSP ":" unstructured CRLF',
  },
  {
    peer: BOTH,
    scheme: "dkim",
    ours: /^fail /,
    theirs: PASS,
    message: /[\v\f]/,
    why: "takes more octets for white space than two",
    section: "RFC 6376 section 2.8",
    sentence:
      "WSP represents simple whitespace, i.e., a space or a tab character (formal definition in [RFC5234]).",
  },
  {
    peer: MAIL_DKIM,
    scheme: "domainkeys",
    ours: PASS,
    theirs: /^invalid \(bad identity\)$/,
    message: /^From[ \t]*:[^\n]*\n[ \t]/im,
    why: "takes the address out of the first line of From",
    section: "RFC 5322 section 2.2.3",
    sentence:
      "Each header field should be treated in its unfolded form for further syntactic and semantic evaluation.",
  },
];

/** A mutant on which a peer decides otherwise. */
export interface Difference {
  peer: string;
  scheme: "dkim" | "domainkeys";
  /** What became of each signature. */
  ours: string[];
  theirs: string[];
  text: string;
}

/** The reason, if one is known. */
export function findReason(difference: Difference): Reason | undefined {
  const { peer, scheme, ours, theirs, text } = difference;
  return REASONS.find((reason) =>
    (reason.scheme ?? scheme) === scheme && reason.peer.test(peer) &&
    ours.some((said) => reason.ours.test(said)) &&
    theirs.some((said) => reason.theirs.test(said)) &&
    (reason.message?.test(text) ?? true)
  );
}
