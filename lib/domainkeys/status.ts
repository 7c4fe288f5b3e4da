// The statuses of a DomainKeys signature, each with its words in Authentication-Results (RFC 8601).
// Knows no policy and no message.

/** Every status by name, with its result, its reason and its meaning. `%` stands for `d=`. */
export const DOMAINKEYS_STATUS = {
  ok: {
    result: "pass",
    reason: "ok",
    meaning: "good signature by %",
  },
  badSignature: {
    result: "fail",
    reason: "bad sig",
    meaning: "bad signature by %",
  },
  noSignature: {
    result: "none",
    reason: "no signature",
    meaning: "no signature",
  },
  noKey: {
    result: "fail",
    reason: "no key",
    meaning: "no key of % in DNS",
  },
  badKey: {
    result: "fail",
    reason: "bad key",
    meaning: "unusable key of %",
  },
  cannotVerify: {
    result: "temperror",
    reason: "can't verify",
    meaning: "DNS does not answer for the key of %",
  },
  syntax: {
    result: "neutral",
    reason: "bad format",
    meaning: "signature or header malformed",
  },
  noResources: {
    result: "temperror",
    reason: "no resources",
    meaning: "too much to work through",
  },
  arguments: {
    result: "neutral",
    reason: "args",
    meaning: "unknown query method in signature by %",
  },
  revoked: {
    result: "fail",
    reason: "revoked",
    meaning: "key of % revoked",
  },
  internal: {
    result: "temperror",
    reason: "internal error",
    meaning: "key name of % too long for DNS",
  },
  granularity: {
    result: "fail",
    reason: "bad sender",
    meaning: "key of % is for another sender",
  },
} as const;

/** A key of {@linkcode DOMAINKEYS_STATUS}. */
export type DomainKeysStatus = keyof typeof DOMAINKEYS_STATUS;
