// Decides whether a message is signed, verified or passed on, by RELAYCLIENT, DKVERIFY and DKSIGN.
// RELAYCLIENT comes first, so that no mail of an outsider is signed with our key. Knows no
// environment.

/** The variables that decide; `undefined` for one that is not set. */
export interface Orders {
  relayClient: string | undefined;
  dkVerify: string | undefined;
  dkSign: string | undefined;
}

/** The action of a program on a message. */
export type Action = "sign" | "verify" | "pass on";

/** Chooses the action of qmail-dk. */
export function chooseAction(
  { relayClient, dkVerify, dkSign }: Orders,
): Action {
  if (relayClient !== undefined) return "sign";
  if (dkVerify !== undefined) return "verify";
  return dkSign === undefined ? "pass on" : "sign";
}
