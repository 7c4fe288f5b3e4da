// The signing pass of a program: with the keys, the clock and the options of this machine.

import { SignPass } from "../pass/sign_pass.ts";
import { systemCrypto } from "../system/crypto/digest.ts";
import { readSignOptions } from "../system/configuration/environment.ts";
import { KeyFiles } from "../system/keys/key_files.ts";
import { nowSeconds } from "../system/process/clock.ts";

/**
 * @param pattern Where the keys are; `%` stands for the domain.
 * @throws {StepFailed} 55 for a variable that can not be used.
 */
export function openSignPass(pattern: string): SignPass {
  const keys = new KeyFiles();
  return new SignPass(readSignOptions(pattern), {
    keys,
    crypto: systemCrypto,
    now: nowSeconds(),
  });
}
