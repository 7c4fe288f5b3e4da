// The ports of a call that verifies: its settings, else this machine's own.

import type { Resolver } from "../ports/resolver.ts";
import type { VerifyPorts } from "../ports/verifying.ts";
import { systemCrypto } from "../system/crypto/digest.ts";
import { DnsClient } from "../system/dns/client.ts";
import { readDnsConfig } from "../system/dns/config.ts";
import { nowSeconds } from "../system/process/clock.ts";
import { requireWhole } from "./arguments.ts";

/** @throws {TypeError} For a time that is no whole number. */
export function portsOf(
  { now = nowSeconds(), resolver = new DnsClient(readDnsConfig()) }: {
    now?: number;
    resolver?: Resolver;
  },
): VerifyPorts {
  return { crypto: systemCrypto, resolver, now: requireWhole("now", now) };
}
