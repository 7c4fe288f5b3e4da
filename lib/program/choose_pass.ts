// Which pass each program puts a message through, as its variables and control files say: with the
// keys, the resolver, the clock and the options of one message.

import { withBareCrAction } from "../pass/bare_cr_pass.ts";
import type { Pass } from "../pass/pass.ts";
import { PassOn } from "../pass/pass_on.ts";
import { SignPass } from "../pass/sign_pass.ts";
import { chooseAction } from "../policy/action.ts";
import type { Environment } from "../system/configuration/environment.ts";
import {
  DEFAULT_PATTERN,
  readBareCr,
  readVerifyOrders,
  type VerifyOrders,
} from "../system/configuration/options.ts";
import { readSignRules } from "../system/configuration/sign_rules.ts";
import { systemCrypto } from "../system/crypto/digest.ts";
import { KeyFiles } from "../system/keys/key_files.ts";
import { nowSeconds } from "../system/process/clock.ts";
import type { Machine } from "./machine.ts";
import { openInboundPass } from "./open_inbound_pass.ts";

/** A process that has one message. */
const ONE_SHOT: Machine = { crypto: systemCrypto };

/**
 * What dk-sign does: sign with the key that control/dkimkeys, DKSIGN or control/dksign names.
 *
 * @throws {StepFailed} 55 for a variable or a control file that cannot be used.
 */
export function chooseSigning(
  environment: Environment,
  machine = ONE_SHOT,
): Pass {
  return ofQueue(environment, openSignPass(environment, machine));
}

/**
 * What dk-remote does: sign as dk-sign does. A bounce goes out by it too, and is refused like others.
 *
 * @throws {StepFailed} 55 for a variable or a control file that cannot be used.
 */
export function chooseRemoteSigning(
  environment: Environment,
  machine = ONE_SHOT,
): Pass {
  const pass = openSignPass(environment, machine);
  return withBareCrAction(pass, readBareCr(environment), false);
}

/**
 * What dk-verify does: verify what is not relayed, and refuse what DKVERIFY and its kin name.
 *
 * @throws {StepFailed} 55 for a variable or a control file that cannot be used.
 */
export async function chooseVerifying(
  environment: Environment,
  machine = ONE_SHOT,
): Promise<Pass> {
  const orders = readVerifyOrders(environment);
  if (!isAny(orders)) return new PassOn("DKVERIFY is not set");
  return environment.get("RELAYCLIENT") === undefined
    ? ofQueue(environment, await openInboundPass(environment, machine, orders))
    : new PassOn("RELAYCLIENT is set");
}

/**
 * What qmail-dk does: sign or verify, as RELAYCLIENT, DKVERIFY and its kin, and DKSIGN decide.
 *
 * @throws {StepFailed} 55 for a variable or a control file that cannot be used.
 */
export async function chooseEither(
  environment: Environment,
  machine = ONE_SHOT,
): Promise<Pass> {
  const relayClient = environment.get("RELAYCLIENT");
  const orders = readVerifyOrders(environment);
  const dkSign = environment.get("DKSIGN");
  switch (
    chooseAction({ relayClient, dkSign, isVerified: isAnyButSealing(orders) })
  ) {
    case "sign":
      return ofQueue(
        environment,
        openSignPass(environment, machine, DEFAULT_PATTERN),
      );
    case "verify":
      return ofQueue(
        environment,
        await openInboundPass(environment, machine, orders),
      );
    case "pass on":
      return new PassOn("neither RELAYCLIENT, DKVERIFY nor DKSIGN is set");
  }
}

/** Sealing alone is no reason to verify: `ARCSEAL` may be set for all. */
function isAnyButSealing({ arcSeal: _, ...orders }: VerifyOrders): boolean {
  return isAny(orders);
}

function isAny(orders: Partial<VerifyOrders>): boolean {
  return Object.values(orders).some((value) => value !== undefined);
}

/** A pass on the way into the queue, where qmail-send's own bounces must not be held up. */
function ofQueue(environment: Environment, pass: Pass): Pass {
  const isLocal = environment.get("TCPREMOTEIP") === undefined;
  return withBareCrAction(pass, readBareCr(environment), isLocal);
}

/** @param elsewhere Where the keys are, if nothing else is said. */
function openSignPass(
  environment: Environment,
  { crypto, keys, tables }: Machine,
  elsewhere?: string,
): Pass {
  const rules = readSignRules(environment, tables, elsewhere);
  if (rules === undefined) return new PassOn("DKSIGN is not set");
  return new SignPass(rules, {
    keys: new KeyFiles(keys),
    crypto,
    now: nowSeconds(),
  });
}
