// What became of a DomainKeys signature: the letters of DKVERIFY as libdomainkeys gave them,
// with the words of Authentication-Results (RFC 8601). Knows no policy and no message.

/** Every status by name: its letter, the historic name, result and reason, and what it means, where `%` stands for `d=`. */
export const DOMAINKEYS_STATUS = {
  ok: {
    letter: "A",
    status: "OK",
    result: "pass",
    reason: "ok",
    meaning: "good signature by %",
  },
  badSignature: {
    letter: "B",
    status: "BADSIG",
    result: "fail",
    reason: "bad sig",
    meaning: "bad signature by %",
  },
  noSignature: {
    letter: "C",
    status: "NOSIG",
    result: "none",
    reason: "no signature",
    meaning: "no signature",
  },
  noKey: {
    letter: "D",
    status: "NOKEY",
    result: "fail",
    reason: "no key",
    meaning: "no key of % in DNS",
  },
  badKey: {
    letter: "E",
    status: "BADKEY",
    result: "fail",
    reason: "bad key",
    meaning: "unusable key of %",
  },
  cannotVerify: {
    letter: "F",
    status: "CANTVRFY",
    result: "temperror",
    reason: "can't verify",
    meaning: "DNS does not answer for the key of %",
  },
  syntax: {
    letter: "G",
    status: "SYNTAX",
    result: "neutral",
    reason: "bad format",
    meaning: "signature or header malformed",
  },
  noResources: {
    letter: "H",
    status: "NORESOURCE",
    result: "temperror",
    reason: "no resources",
    meaning: "too much to work through",
  },
  arguments: {
    letter: "I",
    status: "ARGS",
    result: "neutral",
    reason: "args",
    meaning: "unknown query method in signature by %",
  },
  revoked: {
    letter: "J",
    status: "REVOKED",
    result: "fail",
    reason: "revoked",
    meaning: "key of % revoked",
  },
  internal: {
    letter: "K",
    status: "INTERNAL",
    result: "temperror",
    reason: "internal error",
    meaning: "key name of % too long for DNS",
  },
  granularity: {
    letter: "L",
    status: "GRANULARITY",
    result: "fail",
    reason: "bad sender",
    meaning: "key of % is for another sender",
  },
} as const;

/** A name out of {@linkcode DOMAINKEYS_STATUS}. */
export type DomainKeysStatus = keyof typeof DOMAINKEYS_STATUS;
