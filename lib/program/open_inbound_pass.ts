// The pass for mail that comes in, with what a site asks of it. What is not asked for is not loaded.

import { InboundPass } from "../pass/inbound_pass.ts";
import type { Pass } from "../pass/pass.ts";
import { PassOn } from "../pass/pass_on.ts";
import {
  type Environment,
  usable,
} from "../system/configuration/environment.ts";
import {
  readClientIp,
  readDnsOptions,
  readInboundOptions,
  readMethodsSettings,
  type VerifyOrders,
} from "../system/configuration/options.ts";
import { DnsClient } from "../system/dns/client.ts";
import { nowSeconds } from "../system/process/clock.ts";
import type { Machine } from "./machine.ts";

/** What SPF is given for all its questions (RFC 7208 section 4.6.4). */
const SPF_SECONDS = "20";

/**
 * Opens the pass for one message.
 *
 * @throws {StepFailed} 55 for a variable, a control file or a key that cannot be used, 32 for a key of
 * ARCSEAL that is named and not there.
 */
export async function openInboundPass(
  environment: Environment,
  machine: Machine,
  orders: VerifyOrders,
): Promise<Pass> {
  const { dkVerify, spfVerify, dmarcVerify } = orders;
  const isChainAsked = orders.arcVerify !== undefined ||
    orders.arcSeal !== undefined;
  const options = readInboundOptions(environment, orders);
  const now = nowSeconds();
  const isClientAsked = spfVerify !== undefined || dmarcVerify !== undefined ||
    isChainAsked;
  const ip = isClientAsked ? readClientIp(environment) : undefined;
  if (ip !== undefined) {
    const resolver = new DnsClient(readDnsOptions(environment, SPF_SECONDS));
    const settings = {
      ...readMethodsSettings(environment),
      spfVerify,
      dmarcVerify,
      ip,
      receiver: options.authservId,
    };
    // Whoever does not ask for it does not load it.
    const { openMethods } = await import("../pass/client_methods.ts");
    const chain = isChainAsked
      ? (await import("./later/open_chain.ts")).openChain(
        environment,
        machine,
        orders.arcSeal,
        options.authservId,
        now,
      )
      : undefined;
    const methods = usable(() =>
      openMethods(settings, { resolver, now }, chain)
    );
    if (methods !== undefined) {
      const ports = { ...machine, resolver: methods.resolver, now };
      return new InboundPass({ ...options, isLocal: false }, ports, methods);
    }
  }
  if (dkVerify === undefined) return new PassOn("no client address");
  const resolver = new DnsClient(readDnsOptions(environment));
  return new InboundPass(options, { ...machine, resolver, now });
}
