// What the log line says of a message: each key, and what it means. For the types alone, and for
// what reads the log: a filter must not load these texts.

/** The keys of the log line with their meanings. */
export const NOTE_NAMES = {
  d: "signing domain, of the signature or of the result before it",
  s: "selector, of the same",
  a: "algorithm, of the same",
  domainkeys: "result of DomainKeys; its letter, reason, d, s and a follow",
  dkim: "result of a DKIM signature; its letter, reason, d, s and a follow",
  letter: "letter of DKVERIFY for that result",
  reason: "why: of the result before it, else of the action",
  signature: "position of the DKIM signature that gave the letter, from 1",
  spf: "result of SPF",
  spf_domain: "domain that SPF was asked for",
  dmarc: "result of DMARC",
  policy: "policy that DMARC applies: none, quarantine or reject",
  arc: "result of the ARC chain",
  sealed: "number of the ARC set that was added",
  questions: "questions that were put to DNS",
  dns_ms: "milliseconds until DNS had answered all",
  bytes: "octets of the message",
  forged: "Authentication-Results fields that were taken out",
  unexamined: "DKIM signatures that were not looked at",
  bare_cr: "CRs that end no line",
  malformed: "what is wrong with the header",
  warning: "what is unsafe on this server",
  exit: "exit code of a program that failed",
  next: "program that went on with the message",
  qp: "process id, which qmail-smtpd tells as qp",
} as const;

/** A key of the log line. */
export type NoteName = keyof typeof NOTE_NAMES;
