// The statuses of a chain (RFC 8617 section 5.2), each with its word in Authentication-Results (section
// 4.4: pass, fail or none). Knows no message.

/** Every status by name, with its result and its meaning. `%` stands for the newest sealer. */
export const ARC_STATUS = {
  ok: {
    result: "pass",
    meaning: "good chain, sealed last by %",
  },
  noChain: {
    result: "none",
    meaning: "no ARC set",
  },
  failedBefore: {
    result: "fail",
    meaning: "chain that % found broken",
  },
  tooManySets: {
    result: "fail",
    meaning: "more than 50 ARC sets",
  },
  badStructure: {
    result: "fail",
    meaning: "ARC sets that are no chain",
  },
  badMessageSignature: {
    result: "fail",
    meaning: "message changed after % sealed it",
  },
  badSeal: {
    result: "fail",
    meaning: "bad seal in a chain that % sealed last",
  },
  dnsTemporary: {
    result: "fail",
    meaning: "DNS does not answer for a key of the chain that % sealed last",
  },
} as const;

/** A key of {@linkcode ARC_STATUS}. */
export type ArcStatus = keyof typeof ARC_STATUS;
