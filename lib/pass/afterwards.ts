// A pass whose outcome is looked at once more. Knows nothing of either.

import type { Outcome, Pass } from "./pass.ts";

/** Puts a last word on a pass. */
export function afterwards(
  pass: Pass,
  change: (outcome: Outcome, sender: Promise<string>) => Promise<Outcome>,
): Pass {
  return {
    ...(pass.filter === undefined
      ? {}
      : { filter: (chunk: Uint8Array) => pass.filter!(chunk) }),
    push: (chunk) => pass.push(chunk),
    end: async (sender) => await change(await pass.end(sender), sender),
  };
}
