// What a site wants of a message with a bare CR, a CR that is not part of CR LF. qmail-remote of
// notqmail 1.09 makes a line break of it, so that a dot after it can end the message early.

/** What becomes of such a message. */
export const BARE_CR_ACTIONS = ["pass", "defer", "reject"] as const;
/** What becomes of such a message. */
export type BareCrAction = typeof BARE_CR_ACTIONS[number];

/**
 * Reads DKBARECR.
 *
 * @throws {SyntaxError} For another word.
 */
export function parseBareCr(word = "pass"): BareCrAction {
  const action = BARE_CR_ACTIONS.find((action) => action === word);
  if (action !== undefined) return action;
  throw new SyntaxError(
    `Cannot use "${word}" for DKBARECR: give ${BARE_CR_ACTIONS.join(", ")}`,
  );
}

/** The texts for the SMTP client, as ERROR_FD takes them. */
export const BARE_CR_TEXTS = {
  reject: "DMessage holds a carriage return that ends no line (#5.6.0)",
  defer: "ZMessage holds a carriage return that ends no line (#4.6.0)",
} as const;
