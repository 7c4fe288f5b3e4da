// Refuses a message with a bare CR, whatever else its pass makes of it.

import { BARE_CR_TEXTS, type BareCrAction } from "../policy/bare_cr.ts";
import { afterwards } from "./afterwards.ts";
import type { Pass } from "./pass.ts";

/**
 * Puts a site's wish about bare CRs on a pass.
 *
 * @param sparesBounces A message from the null sender goes on: qmail-send would try it for ever.
 */
export function withBareCrAction(
  pass: Pass,
  action: BareCrAction,
  sparesBounces: boolean,
): Pass {
  if (action === "pass") return pass;
  return afterwards(pass, async (outcome, sender) => {
    if (outcome.bareCrs === undefined) return outcome;
    if (sparesBounces && await sender === "") return outcome;
    return {
      ...outcome,
      newFields: "",
      action: action === "reject" ? "rejected" : "deferred",
      notes: [["reason", "bare CR"], ...outcome.notes],
      refusal: { action, text: BARE_CR_TEXTS[action] },
    };
  });
}
