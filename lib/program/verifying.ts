// The verifying pass of a program: with the resolver, the clock and the options of this machine.

import { InboundPass } from "../pass/inbound_pass.ts";
import { systemCrypto } from "../system/crypto/digest.ts";
import { DnsClient } from "../system/dns/client.ts";
import { readDnsConfig } from "../system/dns/config.ts";
import { readInboundOptions } from "../system/configuration/environment.ts";
import { nowSeconds } from "../system/process/clock.ts";

/**
 * @param dkVerify The letters of what a site does not want.
 * @throws {StepFailed} 55 for a variable or a control file that can not be used.
 */
export function openInboundPass(dkVerify: string): InboundPass {
  const resolver = new DnsClient(readDnsConfig());
  return new InboundPass(readInboundOptions(dkVerify), {
    resolver,
    crypto: systemCrypto,
    now: nowSeconds(),
  });
}
