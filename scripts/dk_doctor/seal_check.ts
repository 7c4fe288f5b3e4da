// Checks the key of our own ARC sets: it is there, RSA, readable for who seals on arrival and who renews a
// set on departure, and its record is published. Finds it as the programs do.

import { isPerDomain, sealerOf } from "../../lib/keys/key_path.ts";
import { readControlLine } from "../../lib/system/configuration/environment.ts";
import { readInboundOptions } from "../../lib/system/configuration/options.ts";
import { DnsClient } from "../../lib/system/dns/client.ts";
import type { DnsConfig } from "../../lib/system/dns/config.ts";
import type { Account } from "./accounts.ts";
import { ENVIRONMENT } from "./environment.ts";
import { fail, type Finding, warn } from "./finding.ts";
import { checkPlace, makeKey } from "./key_check.ts";
import { listPlaces } from "./key_places.ts";
import { checkPattern, type Pattern } from "./options_check.ts";
import { checkRecord } from "./record_check.ts";

/** A pattern that sealing keys are found by. */
export interface Seal {
  pattern: Pattern;
  authservId: string;
  /** All who read the key. */
  readers: Account[];
  config: DnsConfig;
}

/**
 * Adds the pattern of a situation, or its users to one that is known.
 *
 * @param known By pattern and authserv-id.
 * @param sealers The users who verify: they go by ARCSEAL alone.
 * @param renewers Those of dk-remote, which goes by control/arcseal too.
 */
export function addSeal(
  known: Map<string, Seal>,
  sealers: Account[],
  renewers: Account[],
  config: DnsConfig,
): Finding[] {
  const arcSeal = ENVIRONMENT.get("ARCSEAL");
  const line = arcSeal === undefined && renewers.length > 0
    ? readControlLine(ENVIRONMENT, "arcseal")
    : undefined;
  const text = arcSeal ?? line;
  if (text === undefined) return [];
  const source = arcSeal === undefined ? "control/arcseal" : "ARCSEAL";
  const { authservId } = readInboundOptions(ENVIRONMENT, {});
  const key = JSON.stringify([text, authservId]);
  const pattern = { source, text };
  const seal: Seal = known.get(key) ??
    { pattern, authservId, readers: [], config };
  const users = arcSeal === undefined ? renewers : [...sealers, ...renewers];
  for (const account of users) {
    const isKnown = seal.readers.some(({ uid }) => uid === account.uid);
    if (!isKnown) seal.readers.push(account);
  }
  known.set(key, seal);
  return [];
}

/** Checks one pattern. */
export async function checkSeal(
  { pattern, authservId, readers, config }: Seal,
  prefix: string,
): Promise<Finding[]> {
  const finding = checkPattern(pattern);
  if (finding.status !== "ok") return [finding];
  const { source, text } = pattern;
  const [place] = listPlaces(text, [authservId]);
  if (place === undefined) {
    const detail = `${authservId} is no domain name: nothing is sealed`;
    const advice = "name this host in control/authservid";
    return [warn("key", `${source} ${text}`, detail, advice)];
  }
  const { path } = place;
  const owner = "domain" in place ? place.domain : undefined;
  const sealer = sealerOf(text, owner ?? authservId);
  const make = makeKey(prefix, path, sealer);
  if (place.kind === "no key") {
    return isPerDomain(text)
      ? [warn("key", path, `no key of ${authservId}: nothing is sealed`, make)]
      : [fail("key", path, "no such file, and mail is deferred", make)];
  }
  const { findings, key } = await checkPlace(place, readers, prefix);
  if (key === undefined) return findings;
  if (key.key.type !== "rsa") {
    const advice =
      `mv ${path} ${path}.bad && ${make}  # then publish the record`;
    return [fail("key", path, "seals need an RSA key", advice)];
  }
  const resolver = new DnsClient(config);
  return [...findings, await checkRecord(key, sealer, resolver, undefined)];
}
