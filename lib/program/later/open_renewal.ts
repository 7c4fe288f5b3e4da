// ARC on departure, with the keys of our own sets. Loaded when a site asks for it.

import type { FindArcKey } from "../../arc/renewal.ts";
import { sealerOf } from "../../keys/key_path.ts";
import type { Pass } from "../../pass/pass.ts";
import { RenewingPass } from "../../pass/renewing_pass.ts";
import { parsePattern } from "../../policy/options.ts";
import {
  type Environment,
  usable,
} from "../../system/configuration/environment.ts";
import { readArcOptions } from "../../system/configuration/options.ts";
import { KeyFiles } from "../../system/keys/key_files.ts";
import { nowSeconds } from "../../system/process/clock.ts";
import type { Machine } from "../machine.ts";
import { toArcKey } from "./arc_key.ts";

/**
 * Puts the renewal of our own sets after signing.
 *
 * @param pattern ARCSEAL, or the line of control/arcseal.
 * @throws {StepFailed} 55 for a pattern that cannot be used; the pass for a key that cannot.
 */
export function openRenewal(
  environment: Environment,
  { crypto, keys }: Machine,
  pattern: string,
  signing: Pass,
): Pass {
  usable(() => parsePattern("ARCSEAL", pattern));
  const files = new KeyFiles(keys);
  const find: FindArcKey = (domain) => findKey(files, pattern, domain);
  const options = readArcOptions(environment);
  return new RenewingPass(signing, find, options, {
    crypto,
    now: nowSeconds(),
  });
}

/** A key signs for its own domain alone: a set of a domain below it is not ours. */
function findKey(
  files: KeyFiles,
  pattern: string,
  domain: string,
): ReturnType<FindArcKey> {
  const found = files.find(pattern, domain);
  return found !== undefined &&
      sealerOf(pattern, found.domain) === domain.toLowerCase()
    ? toArcKey(found, pattern)
    : undefined;
}
