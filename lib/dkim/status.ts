// What became of a DKIM signature: the letters of DKVERIFY as the historic libdkim gave them,
// with the words of Authentication-Results (RFC 8601). Knows no policy and no message.

/** Every status by name: its letter, the historic name, result and reason. */
export const DKIM_STATUS = {
  ok: { letter: "A", status: "OK", result: "pass", reason: "ok" },
  fail: { letter: "B", status: "FAIL", result: "fail", reason: "fail" },
  badSyntax: {
    letter: "C",
    status: "BAD_SYNTAX",
    result: "neutral",
    reason: "bad syntax",
  },
  badSignature: {
    letter: "D",
    status: "SIG BAD",
    result: "fail",
    reason: "bad sig",
  },
  badSignatureTesting: {
    letter: "E",
    status: "SIG BAD (testing)",
    result: "fail",
    reason: "bad sig, testing",
  },
  expired: {
    letter: "F",
    status: "SIG EXPIRED",
    result: "fail",
    reason: "expired",
  },
  selectorInvalid: {
    letter: "G",
    status: "SELECTOR INVALID",
    result: "neutral",
    reason: "bad selector",
  },
  granularityMismatch: {
    letter: "H",
    status: "GRANULARITY MISMATCH",
    result: "neutral",
    reason: "bad selector",
  },
  selectorRevoked: {
    letter: "I",
    status: "SELECTOR REVOKED",
    result: "neutral",
    reason: "revoked",
  },
  domainTooLong: {
    letter: "J",
    status: "DOMAIN TOO LONG",
    result: "neutral",
    reason: "bad domain",
  },
  dnsTemporary: {
    letter: "K",
    status: "DNS TEMP FAIL",
    result: "temperror",
    reason: "dns",
  },
  dnsPermanent: {
    letter: "L",
    status: "DNS PERM FAIL",
    result: "permerror",
    reason: "dns",
  },
  publicKeyInvalid: {
    letter: "M",
    status: "PUBLIC KEY INVALID",
    result: "fail",
    reason: "bad key",
  },
  noSignature: {
    letter: "N",
    status: "NO SIG",
    result: "none",
    reason: "no signature",
  },
  noValidSignature: {
    letter: "O",
    status: "NO VALID SIG",
    result: "neutral",
    reason: "no valid sig",
  },
  badBodyHash: {
    letter: "P",
    status: "BAD BODY HASH",
    result: "fail",
    reason: "bad bodyhash",
  },
  algorithmMismatch: {
    letter: "Q",
    status: "ALGORITHM MISMATCH",
    result: "neutral",
    reason: "bad algorithm",
  },
  badVersion: {
    letter: "R",
    status: "STAT INCOMPAT",
    result: "neutral",
    reason: "bad version",
  },
  unsignedFrom: {
    letter: "S",
    status: "UNSIGNED FROM",
    result: "policy",
    reason: "unsigned From",
  },
} as const;

/** A name out of {@linkcode DKIM_STATUS}. */
export type DkimStatus = keyof typeof DKIM_STATUS;
