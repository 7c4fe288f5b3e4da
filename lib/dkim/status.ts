// The statuses of a DKIM signature, each with its words in Authentication-Results (RFC 8601). Knows no
// policy and no message.

/** Every status by name, with its result, its reason and its meaning. `%` stands for `d=`. */
export const DKIM_STATUS = {
  ok: {
    result: "pass",
    reason: "ok",
    meaning: "good signature by %",
  },
  fail: {
    result: "fail",
    reason: "fail",
    meaning: "signature by % cannot be verified",
  },
  badSyntax: {
    result: "neutral",
    reason: "bad syntax",
    meaning: "signature or header malformed",
  },
  badSignature: {
    result: "fail",
    reason: "bad sig",
    meaning: "bad signature by %",
  },
  badSignatureTesting: {
    result: "fail",
    reason: "bad sig, testing",
    meaning: "bad signature by %, whose key is in testing",
  },
  expired: {
    result: "fail",
    reason: "expired",
    meaning: "signature by % expired",
  },
  selectorInvalid: {
    result: "neutral",
    reason: "bad selector",
    meaning: "no usable key record of %",
  },
  granularityMismatch: {
    result: "neutral",
    reason: "bad selector",
    meaning: "key of % is for another sender",
  },
  selectorRevoked: {
    result: "neutral",
    reason: "revoked",
    meaning: "key of % revoked",
  },
  domainTooLong: {
    result: "neutral",
    reason: "bad domain",
    meaning: "key name of % too long for DNS",
  },
  dnsTemporary: {
    result: "temperror",
    reason: "dns",
    meaning: "DNS does not answer for the key of %",
  },
  dnsPermanent: {
    result: "permerror",
    reason: "dns",
    meaning: "no key of % in DNS",
  },
  publicKeyInvalid: {
    result: "fail",
    reason: "bad key",
    meaning: "unusable key of %",
  },
  noSignature: {
    result: "none",
    reason: "no signature",
    meaning: "no signature",
  },
  noValidSignature: {
    result: "neutral",
    reason: "no valid sig",
    meaning: "no good signature among the first ten",
  },
  badBodyHash: {
    result: "fail",
    reason: "bad bodyhash",
    meaning: "body changed after signing by %",
  },
  algorithmMismatch: {
    result: "neutral",
    reason: "bad algorithm",
    meaning: "algorithm not allowed in signature by %",
  },
  badVersion: {
    result: "neutral",
    reason: "bad version",
    meaning: "unknown signature version",
  },
  unsignedFrom: {
    result: "policy",
    reason: "unsigned From",
    meaning: "another From that % has not signed",
  },
} as const;

/** A key of {@linkcode DKIM_STATUS}. */
export type DkimStatus = keyof typeof DKIM_STATUS;
