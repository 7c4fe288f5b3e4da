// Which mail is signed and which is verified: the rows of RELAYCLIENT, DKVERIFY and DKSIGN.
// RELAYCLIENT decides: an outsider's mail is not to be signed with our key. Knows no environment.

/** What a program is told about a connection; `undefined` where a variable is not set. */
export interface Orders {
  relayClient: string | undefined;
  dkVerify: string | undefined;
  dkSign: string | undefined;
}

/** What a program is to do with a message. */
export type Action = "sign" | "verify" | "pass on";

/** What qmail-dk does. */
export function chooseAction(
  { relayClient, dkVerify, dkSign }: Orders,
): Action {
  if (relayClient !== undefined) return "sign";
  if (dkVerify !== undefined) return "verify";
  return dkSign === undefined ? "pass on" : "sign";
}
