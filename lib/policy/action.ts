// Which mail is signed and which is verified: the rows of RELAYCLIENT, DKVERIFY and its kin, and DKSIGN.
// RELAYCLIENT decides: an outsider's mail is not to be signed with our key. Knows no environment.

/** What a program is told about a connection; `undefined` where a variable is not set. */
export interface Orders {
  relayClient: string | undefined;
  /** One of the variables that ask for verifying is set. */
  isVerified: boolean;
  dkSign: string | undefined;
}

/** What a program is to do with a message. */
export type Action = "sign" | "verify" | "pass on";

/** What qmail-dk does. */
export function chooseAction(
  { relayClient, isVerified, dkSign }: Orders,
): Action {
  if (relayClient !== undefined) return "sign";
  if (isVerified) return "verify";
  return dkSign === undefined ? "pass on" : "sign";
}
