// A key of our own ARC sets, as ARCSEAL names it. Knows no message.

import type { ArcKey } from "../../arc/set_maker.ts";
import { sealerOf } from "../../keys/key_path.ts";
import type { FoundKey } from "../../ports/key_store.ts";
import { EXIT, StepFailed } from "../../qmail/exit_code.ts";

/** @throws {StepFailed} 55 for a key that is not RSA. */
export function toArcKey(
  { key, domain, selector }: FoundKey,
  pattern: string,
): ArcKey {
  if (key.type === "rsa") {
    return { key, domain: sealerOf(pattern, domain), selector };
  }
  throw new StepFailed(
    EXIT.configuration,
    `Cannot seal with the private key of ARCSEAL "${pattern}": give an RSA key`,
  );
}
