// What became of a DomainKeys signature: the letters of DKVERIFY as libdomainkeys gave them,
// with the words of Authentication-Results (RFC 8601). Knows no policy and no message.

/** Every status by name: its letter, the historic name, result and reason. */
export const DOMAINKEYS_STATUS = {
  ok: { letter: "A", status: "OK", result: "pass", reason: "ok" },
  badSignature: {
    letter: "B",
    status: "BADSIG",
    result: "fail",
    reason: "bad sig",
  },
  noSignature: {
    letter: "C",
    status: "NOSIG",
    result: "none",
    reason: "no signature",
  },
  noKey: { letter: "D", status: "NOKEY", result: "fail", reason: "no key" },
  badKey: { letter: "E", status: "BADKEY", result: "fail", reason: "bad key" },
  cannotVerify: {
    letter: "F",
    status: "CANTVRFY",
    result: "temperror",
    reason: "can't verify",
  },
  syntax: {
    letter: "G",
    status: "SYNTAX",
    result: "neutral",
    reason: "bad format",
  },
  noResources: {
    letter: "H",
    status: "NORESOURCE",
    result: "temperror",
    reason: "no resources",
  },
  arguments: { letter: "I", status: "ARGS", result: "neutral", reason: "args" },
  revoked: {
    letter: "J",
    status: "REVOKED",
    result: "fail",
    reason: "revoked",
  },
  internal: {
    letter: "K",
    status: "INTERNAL",
    result: "temperror",
    reason: "internal error",
  },
  granularity: {
    letter: "L",
    status: "GRANULARITY",
    result: "fail",
    reason: "bad sender",
  },
} as const;

/** A name out of {@linkcode DOMAINKEYS_STATUS}. */
export type DomainKeysStatus = keyof typeof DOMAINKEYS_STATUS;
