// Checks that DNS has the record of a key, and that a signature by the key passes with that record.

import { matchesGranularity } from "../../lib/keys/granularity.ts";
import {
  chooseKeyRecord,
  type KeyRecord,
  keyRecordName,
} from "../../lib/keys/key_record.ts";
import { equalOctets } from "../../lib/message/octets.ts";
import { isWithin } from "../../lib/message/domain_name.ts";
import { decodeQuotedPrintable } from "../../lib/message/tag_list.ts";
import type { Resolver } from "../../lib/ports/resolver.ts";
import {
  exportPublicKey,
  formatKeyText,
  formatRecord,
} from "../dknewkey/record.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import type { UsableKey } from "./key_check.ts";

/**
 * Checks one key.
 *
 * @param identity The `i=` of the option -i. It counts only if it is within the domain.
 */
export async function checkRecord(
  { key, selector, path }: UsableKey,
  domain: string,
  resolver: Resolver,
  identity: string | undefined,
): Promise<Finding> {
  const name = keyRecordName({ selector, domain });
  const record = formatRecord(
    `${name}.`,
    `v=DKIM1; ${await formatKeyText(key)}`,
  );
  const publish = `publish: ${record}`;
  const bad = (detail: string, advice = publish) =>
    fail("record", name, detail, advice);
  const answer = await resolver.txt(name);
  switch (answer.outcome) {
    case "temporary":
      return bad(`DNS does not answer: ${answer.detail}`, `dig ${name} TXT`);
    case "too long":
      return bad("no name of DNS is so long", "choose a shorter selector");
    case "nxdomain":
      return bad("there is no such name in DNS (NXDOMAIN)");
    case "nodata":
      return bad("the name is in DNS, but has no TXT record");
  }
  const { records } = answer;
  const found = chooseKeyRecord(records);
  if (found.outcome !== "key") {
    return bad(
      {
        "revoked": "the key is revoked: p= is empty",
        "unusable": "p= is no key",
        "unknown type": "k= is neither rsa nor ed25519",
        "no key": "there is no p=",
        "malformed": "the record cannot be read",
      }[found.outcome],
    );
  }
  const published = found.key.type === "rsa" ? found.key.spki : found.key.raw;
  if (
    found.key.type !== key.type ||
    !equalOctets(published, await exportPublicKey(key))
  ) {
    return bad(`p= is another key than that in ${path}`);
  }
  const obstacle = findObstacle(found, domain, identity);
  if (obstacle !== undefined) return bad(obstacle);
  if (found.testing) {
    const detail = "matches, but t=y tells the world to make nothing of it";
    return warn(
      "record",
      name,
      detail,
      `take t=y out of the record; ${publish}`,
    );
  }
  if (records.length > 1) {
    const detail = `matches, but there are ${records.length} TXT records`;
    return warn("record", name, detail, `leave one of them; ${publish}`);
  }
  return ok("record", name, `is published and matches ${path}`);
}

/** Finds tags of a record that make our signatures fail although the key is the right one. */
function findObstacle(
  { hashes, forEmail, granularity, sameDomain }: KeyRecord,
  domain: string,
  identity = "",
): string | undefined {
  if (hashes?.includes("sha256") === false) return "h= does not allow sha256";
  if (!forEmail) return "s= is not for mail";
  const at = identity.lastIndexOf("@");
  const isOurs = at !== -1 && isWithin(identity.slice(at + 1), domain);
  const localPart = isOurs ? decodeQuotedPrintable(identity.slice(0, at)) : "";
  if (!matchesGranularity(granularity, localPart)) {
    return `g=${granularity} does not allow what we sign as`;
  }
  return sameDomain && isOurs &&
      identity.slice(at + 1).toLowerCase() !== domain
    ? "t=s does not allow the subdomain in our i="
    : undefined;
}
