// A message that comes in over the network and what an inbound pass says of it, in memory: variables
// as a site writes them, DNS as a table.

import { toOctets } from "../../lib/message/octets.ts";
import {
  type MethodsSettings,
  openMethods,
} from "../../lib/pass/client_methods.ts";
import {
  ChainMethod,
  type ChainSettings,
} from "../../lib/pass/chain_method.ts";
import { InboundPass } from "../../lib/pass/inbound_pass.ts";
import type { Outcome } from "../../lib/pass/pass.ts";
import { parseLetters } from "../../lib/policy/letters.ts";
import { SCHEMES } from "../../lib/ports/signing.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { NOW } from "./signing.ts";
import type { Zone } from "./zone.ts";

/** The name that our fields bear. */
export const RECEIVER = "mx.example.net";

/** What comes in, and what a site wants of it. */
export interface Coming extends Partial<MethodsSettings> {
  message: string;
  /** `alice@example.com`, if not said. */
  sender?: string | Promise<string>;
  dkVerify?: string;
  zone: Zone;
  /** What is wanted of ARC; without it, it is not asked. */
  chain?: ChainSettings;
}

/** Puts a message through a pass; the client is 192.0.2.1, if not said. */
export async function comeIn(
  { message, sender = "alice@example.com", dkVerify, zone, chain, ...site }:
    Coming,
): Promise<Outcome> {
  const settings = { ip: "192.0.2.1", receiver: RECEIVER, ...site };
  const machine = { crypto: systemCrypto, now: NOW };
  const methods = openMethods(
    settings,
    { resolver: zone, now: NOW },
    chain && new ChainMethod(chain, machine),
  )!;
  const schemes = dkVerify !== undefined
    ? SCHEMES
    : site.dmarcVerify !== undefined
    ? ["dkim" as const]
    : [];
  const pass = new InboundPass(
    {
      authservId: RECEIVER,
      letters: parseLetters(dkVerify ?? ""),
      schemes,
      isLocal: false,
    },
    { crypto: systemCrypto, resolver: methods.resolver, now: NOW },
    methods,
  );
  pass.push(toOctets(message));
  pass.filter(toOctets(message));
  return await pass.end(Promise.resolve(sender));
}

/** The statements of our field, each without its folds. */
export function statementsOf({ newFields }: Outcome): string[] {
  const [host, ...statements] = newFields.trimEnd().replaceAll("\n\t", " ")
    .split("; ");
  if (host !== `Authentication-Results: ${RECEIVER}`) {
    throw new Error(`Not our field: ${JSON.stringify(newFields)}`);
  }
  return statements;
}
