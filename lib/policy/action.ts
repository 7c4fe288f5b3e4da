// Decides whether a message is signed, verified or passed on, by RELAYCLIENT, DKVERIFY and its kin, and
// DKSIGN. RELAYCLIENT comes first, so that no mail of an outsider is signed with our key. Knows no
// environment.

/** The variables that decide; `undefined` for one that is not set. */
export interface Orders {
  relayClient: string | undefined;
  /** One of the variables that ask for verifying is set. */
  isVerified: boolean;
  dkSign: string | undefined;
}

/** The action of a program on a message. */
export type Action = "sign" | "verify" | "pass on";

/** Chooses the action of qmail-dk. */
export function chooseAction(
  { relayClient, isVerified, dkSign }: Orders,
): Action {
  if (relayClient !== undefined) return "sign";
  if (isVerified) return "verify";
  return dkSign === undefined ? "pass on" : "sign";
}
