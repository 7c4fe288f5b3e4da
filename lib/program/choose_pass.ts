// Which pass each program puts a message through, as its variables and control files say: with the
// keys, the resolver, the clock and the options of one message.

import type { Pass } from "../pass/pass.ts";
import { PassOn } from "../pass/pass_on.ts";
import { SignPass } from "../pass/sign_pass.ts";
import { chooseAction } from "../policy/action.ts";
import {
  type Environment,
  readControlLine,
} from "../system/configuration/environment.ts";
import {
  DEFAULT_PATTERN,
  readSignOptions,
  readVerifyOrders,
  type VerifyOrders,
} from "../system/configuration/options.ts";
import { systemCrypto } from "../system/crypto/digest.ts";
import { KeyFiles } from "../system/keys/key_files.ts";
import { nowSeconds } from "../system/process/clock.ts";
import type { Machine } from "./machine.ts";
import { openInboundPass } from "./open_inbound_pass.ts";

/** A process that has one message. */
const ONE_SHOT: Machine = { crypto: systemCrypto };

/**
 * What dk-sign and dk-remote do: sign with the key that DKSIGN or control/dksign names.
 *
 * @throws {StepFailed} 55 for a variable or a control file that cannot be used.
 */
export function chooseSigning(
  environment: Environment,
  machine = ONE_SHOT,
): Pass {
  const pattern = environment.get("DKSIGN") ??
    readControlLine(environment, "dksign");
  return pattern === undefined
    ? new PassOn("DKSIGN is not set")
    : openSignPass(environment, machine, pattern);
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
    ? await openInboundPass(environment, machine, orders)
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
      return openSignPass(
        environment,
        machine,
        dkSign ?? readControlLine(environment, "dksign") ?? DEFAULT_PATTERN,
      );
    case "verify":
      return await openInboundPass(environment, machine, orders);
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

function openSignPass(
  environment: Environment,
  { crypto, keys }: Machine,
  pattern: string,
): SignPass {
  return new SignPass(readSignOptions(environment, pattern), {
    keys: new KeyFiles(keys),
    crypto,
    now: nowSeconds(),
  });
}
