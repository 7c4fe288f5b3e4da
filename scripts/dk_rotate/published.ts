// What the DNS servers say of a selector: each of them is asked by itself.

import { chooseKeyRecord, keyRecordName } from "../../lib/keys/key_record.ts";
import type { PrivateKey } from "../../lib/keys/private_key.ts";
import type { Published } from "../../lib/keys/rotation.ts";
import { equalOctets } from "../../lib/message/octets.ts";
import type { Resolver } from "../../lib/ports/resolver.ts";
import { exportPublicKey } from "../dknewkey/record.ts";

/** One server has the key, none, says that it is revoked, or something else. */
type Said = "key" | "gone" | "revoked" | "unknown";

/**
 * Asks every server.
 *
 * @param key Without it, any key there counts as the one asked for.
 */
export async function askPublished(
  servers: Resolver[],
  place: { selector: string; domain: string },
  key: PrivateKey | undefined,
): Promise<Published> {
  const octets = key && await exportPublicKey(key);
  const name = keyRecordName(place);
  const said = await Promise.all(
    servers.map((server) => ask(server, name, octets)),
  );
  const some = (word: Said) => said.includes(word);
  // Whom nobody can ask, nobody knows.
  if (said.length === 0) return "unknown";
  if (said.every((word) => word === "key")) return "everywhere";
  if (some("key")) return "somewhere";
  if (some("unknown")) return "unknown";
  return some("revoked") ? "revoked" : "gone";
}

async function ask(
  server: Resolver,
  name: string,
  octets: Uint8Array | undefined,
): Promise<Said> {
  const answer = await server.txt(name);
  switch (answer.outcome) {
    case "nxdomain":
    case "nodata":
      return "gone";
    case "temporary":
    case "too long":
      return "unknown";
  }
  const record = chooseKeyRecord(answer.records);
  if (record.outcome === "revoked") return "revoked";
  if (record.outcome !== "key") return "unknown";
  const { key } = record;
  const published = key.type === "rsa" ? key.spki : key.raw;
  return octets === undefined || equalOctets(published, octets)
    ? "key"
    : "unknown";
}
