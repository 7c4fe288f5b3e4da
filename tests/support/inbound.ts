// A verifying program without a process: a message through InboundPass, DNS out of a table, and what
// the program would put on top of it, hand on, log and tell the SMTP client.

import { toOctets, toText } from "../../lib/message/octets.ts";
import { InboundPass } from "../../lib/pass/inbound_pass.ts";
import type { Outcome } from "../../lib/pass/pass.ts";
import { parseLetters } from "../../lib/policy/letters.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { formatLog } from "../../lib/system/process/log.ts";
import type { Zone } from "../../scripts/host/zone.ts";
import { DnsTable } from "./dns_table.ts";
import { NOW } from "./signing.ts";
import { recordOf } from "./signed_mail.ts";

/** The name that the host's fields bear. */
export const HOST = "mx.example.net";

/** The key that everybody signs with who says nothing else. */
export const ZONE: Zone = {
  "default._domainkey.example.com": [recordOf()],
};

/** How a message comes in. */
export interface Arrival {
  /** An octet string. */
  message: string;
  /** DKVERIFY. Default: none. */
  letters?: string;
  /** What DNS says; nothing is there but the names in it. */
  zone?: Zone;
  /** Default: {@linkcode HOST}. */
  host?: string;
}

/** What becomes of it. */
export interface Judged extends Outcome {
  /** The message behind the new fields. */
  goesOn: string;
  /** The line on fd 2, by the name of dk-verify. */
  log: string;
}

/** Takes a message in. */
export async function judge(
  { message, letters = "", zone = ZONE, host = HOST }: Arrival,
): Promise<Judged> {
  const pass = new InboundPass({
    authservId: host,
    letters: parseLetters(letters),
    isLocal: false,
  }, { crypto: systemCrypto, resolver: new DnsTable(zone), now: NOW });
  const octets = toOctets(message);
  const gone = toText(pass.filter(octets));
  pass.push(octets);
  const outcome = await pass.end(Promise.resolve("ann@example.com"));
  const { remainder = new Uint8Array() } = outcome;
  return {
    ...outcome,
    goesOn: gone + toText(remainder),
    log: `${formatLog("dk-verify", outcome.action, outcome.notes)}\n`,
  };
}
