// The pass for mail that comes in, with what a site asks of it. What is not asked for is not loaded.

import { afterwards } from "../pass/afterwards.ts";
import { InboundPass } from "../pass/inbound_pass.ts";
import type { Note, Pass } from "../pass/pass.ts";
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
import { SPF_SECONDS } from "../system/dns/config.ts";
import { nowSeconds } from "../system/process/clock.ts";
import type { Machine } from "./machine.ts";

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
      const pass = new InboundPass(
        { ...options, isLocal: false },
        ports,
        methods,
      );
      return withDnsNotes(pass, resolver);
    }
  }
  if (dkVerify === undefined) return new PassOn("no client address");
  const resolver = new DnsClient(readDnsOptions(environment));
  const pass = new InboundPass(options, { ...machine, resolver, now });
  return withDnsNotes(pass, resolver);
}

/** Says in the log what DNS was asked, where it was. */
function withDnsNotes(pass: Pass, client: DnsClient): Pass {
  return afterwards(pass, (outcome) => {
    const { questions, elapsedMs } = client;
    if (questions === 0) return Promise.resolve(outcome);
    const notes: Note[] = [
      ...outcome.notes.filter(([key]) => key !== "questions"),
      ["questions", questions],
      ["dns_ms", Math.round(elapsedMs)],
    ];
    return Promise.resolve({ ...outcome, notes });
  });
}
