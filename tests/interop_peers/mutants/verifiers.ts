// The peers that verify mutants: Mail::DKIM and dkimpy, each one process for all of them.

import { toOctets } from "../../../lib/message/octets.ts";
import { DKIMPY, DRIVEN, MAIL_DKIM } from "../driven.ts";
import { RECORDS_FILE } from "../keys.ts";
import type { Verifier } from "../peer.ts";
import type { Mutant } from "./mutations.ts";
import { Talk } from "./talk.ts";

/** A peer, and how it is started. */
export type VerifyingPeer = Verifier & { command: string[] };

export const VERIFIERS: readonly VerifyingPeer[] = [
  { ...MAIL_DKIM.verifier!, command: DRIVEN.mailDkim },
  { ...DKIMPY.verifier!, command: DRIVEN.dkimpy },
];

/** What a peer says of a mutant: `pass`, or what became of each signature. */
export interface Decision {
  mutant: Mutant;
  peer: string;
  theirs: string[];
}

/** The peers that are there, running. */
export interface Verifiers extends AsyncDisposable {
  /** Asks each peer about those that it can verify. */
  decide(mutants: Mutant[]): Promise<Decision[]>;
}

/** Starts those that are there. */
export function openVerifiers(): Verifiers {
  const stack = new AsyncDisposableStack();
  const peers = VERIFIERS.filter(({ missing }) => missing === undefined)
    .map(({ name, ways, command }) => ({
      name,
      ways,
      talk: stack.use(new Talk([...command, RECORDS_FILE])),
    }));
  return {
    decide: async (mutants) =>
      (await Promise.all(peers.map(async ({ name, ways, talk }) => {
        const known = mutants.filter(({ base }) => ways.includes(base.way));
        const answers = await talk.ask<{ result?: string[]; error?: string }>(
          known.map(({ base, text }) => ({
            do: "verify all",
            scheme: base.way.scheme,
            message: toOctets(text).toBase64(),
          })),
        );
        return known.map((mutant, n) => {
          const { result, error = "" } = answers[n]!;
          return { mutant, peer: name, theirs: result ?? [error] };
        });
      }))).flat(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
