// Checks the key of our own ARC sets: it is there, RSA, readable for who verifies, and its record is
// published. Finds it as the programs do.

import { isPerDomain, sealerOf } from "../../lib/keys/key_path.ts";
import { readInboundOptions } from "../../lib/system/configuration/options.ts";
import { DnsClient } from "../../lib/system/dns/client.ts";
import type { DnsConfig } from "../../lib/system/dns/config.ts";
import type { Account } from "./accounts.ts";
import { ENVIRONMENT } from "./environment.ts";
import { fail, type Finding, warn } from "./finding.ts";
import { checkPlace, makeKey } from "./key_check.ts";
import { listPlaces } from "./key_places.ts";
import { checkPattern } from "./options_check.ts";
import { checkRecord } from "./record_check.ts";

/**
 * Checks ARCSEAL, if it is set.
 *
 * @param accounts The users who verify.
 */
export async function checkSealing(
  accounts: Account[],
  prefix: string,
  config: DnsConfig,
): Promise<Finding[]> {
  const pattern = ENVIRONMENT.get("ARCSEAL");
  if (pattern === undefined) return [];
  const finding = checkPattern({ source: "ARCSEAL", text: pattern });
  if (finding.status !== "ok") return [finding];
  const { authservId } = readInboundOptions(ENVIRONMENT, {});
  const [place] = listPlaces(pattern, [authservId]);
  if (place === undefined) {
    const detail = `${authservId} is no domain name: nothing is sealed`;
    const advice = "name this host in control/authservid";
    return [warn("key", `ARCSEAL ${pattern}`, detail, advice)];
  }
  const { path } = place;
  const owner = "domain" in place ? place.domain : undefined;
  const sealer = sealerOf(pattern, owner ?? authservId);
  const make = makeKey(prefix, path, sealer);
  if (place.kind === "no key") {
    return isPerDomain(pattern)
      ? [warn("key", path, `no key of ${authservId}: nothing is sealed`, make)]
      : [fail("key", path, "no such file, and mail is deferred", make)];
  }
  const { findings, key } = await checkPlace(place, accounts, prefix);
  if (key === undefined) return findings;
  if (key.key.type !== "rsa") {
    const advice =
      `mv ${path} ${path}.bad && ${make}  # then publish the record`;
    return [fail("key", path, "seals need an RSA key", advice)];
  }
  const resolver = new DnsClient(config);
  return [...findings, await checkRecord(key, sealer, resolver, undefined)];
}
