// ARC for one message, with the key of our own sets: that of this host's name or of a parent, or the one
// that is named, whose folder is the signing domain. Loaded when a site asks for it.

import { ChainMethod, type ChainSettings } from "../../pass/chain_method.ts";
import { STRICT } from "../../pass/verify_pass.ts";
import { parsePattern } from "../../policy/options.ts";
import {
  type Environment,
  usable,
} from "../../system/configuration/environment.ts";
import { readArcOptions } from "../../system/configuration/options.ts";
import type { KeyCache } from "../../system/keys/key_cache.ts";
import { KeyFiles } from "../../system/keys/key_files.ts";
import type { Machine } from "../machine.ts";
import { toArcKey } from "./arc_key.ts";

/**
 * Opens the chain of one message.
 *
 * @param pattern ARCSEAL: where the key of our own sets is; without it none is made.
 * @throws {StepFailed} 55 for a pattern or a key that cannot be used, 32 for a key that is named and not
 * there.
 */
export function openChain(
  environment: Environment,
  { crypto, keys }: Machine,
  pattern: string | undefined,
  authservId: string,
  now: number,
): ChainMethod {
  const { minRsaBits } = STRICT;
  const settings = pattern === undefined ? { minRsaBits } : {
    minRsaBits,
    sealing: findSealing(environment, keys, pattern, authservId),
  };
  return new ChainMethod(settings, { crypto, now });
}

/** Finds the key, and what a set signs. */
function findSealing(
  environment: Environment,
  cache: KeyCache | undefined,
  pattern: string,
  authservId: string,
): ChainSettings["sealing"] & object {
  const keys = new KeyFiles(cache);
  usable(() => parsePattern("ARCSEAL", pattern));
  const found = keys.find(pattern, authservId);
  if (found === undefined) return { reason: "no key" };
  return {
    found: toArcKey(found, pattern),
    options: readArcOptions(environment),
  };
}
