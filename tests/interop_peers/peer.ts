// What signs and verifies, be it ours or another's, and how a signature is made. Refuses to know
// any program.

import type { Spelling } from "./message.ts";

/** A kind of signature. */
export interface Way {
  scheme: "dkim" | "domainkeys";
  algorithm: "rsa-sha256" | "ed25519-sha256" | "rsa-sha1";
  /** As `c=` has it. */
  canonicalization: string;
}

/** A signed message, or why there is none. */
export type Signed = { signed: string } | { error: string };

/** What a program or a library can do. */
export interface Ability {
  /** With its version, if it tells. */
  name: string;
  /** Why it cannot be started. */
  missing?: string;
  ways: readonly Way[];
  /** In which spellings it takes a message. */
  spellings: readonly Spelling[];
}

/** Messages are octet strings here, and where they are verified. */
export interface Signer extends Ability {
  /** Puts a signature on top of each message, in the message's spelling. */
  sign(messages: string[], way: Way): Promise<Signed[]>;
}

export interface Verifier extends Ability {
  /** Says "pass" of each message, or something else, for the signature by the site's key. */
  verify(messages: string[], way: Way): Promise<string[]>;
}

/** One that signs, verifies, or does both. */
export interface Party {
  signer?: Signer;
  verifier?: Verifier;
}

const BOTH = ["relaxed", "simple"];

/** The four canonicalizations of DKIM. */
export const CANONICALIZATIONS = BOTH.flatMap((header) =>
  BOTH.map((body) => `${header}/${body}`)
);

function dkimWays(algorithm: Way["algorithm"]): Way[] {
  return CANONICALIZATIONS.map((canonicalization) => ({
    scheme: "dkim",
    algorithm,
    canonicalization,
  }));
}

export const DKIM_RSA = dkimWays("rsa-sha256");
export const DKIM_ED25519 = dkimWays("ed25519-sha256");
export const DOMAINKEYS: Way[] = ["nofws", "simple"].map((
  canonicalization,
) => ({
  scheme: "domainkeys",
  algorithm: "rsa-sha1",
  canonicalization,
}));

export const LF_AND_CRLF: readonly Spelling[] = ["LF", "CRLF"];
export const CRLF: readonly Spelling[] = ["CRLF"];

/** The letter after `-c` for a canonicalization of DKIM, to libdkim and to us. */
export const CANONICALIZATION_LETTERS: Record<string, string> = {
  "relaxed/relaxed": "r",
  "simple/simple": "s",
  "relaxed/simple": "t",
  "simple/relaxed": "u",
};

/** Does something with each of many, a few at once. */
export async function mapAtOnce<Item, Value>(
  items: Item[],
  act: (item: Item, index: number) => Promise<Value>,
): Promise<Value[]> {
  const values: Value[] = [];
  const rest = items.entries();
  const work = async () => {
    for (const [index, item] of rest) values[index] = await act(item, index);
  };
  await Promise.all(Array.from({ length: 4 }, work));
  return values;
}
