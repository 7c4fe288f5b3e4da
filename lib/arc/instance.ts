// The instance of a set (RFC 8617 section 4.2.1): which fields belong together, and in what order.

/** A chain has no more sets than this. */
export const MAX_SETS = 50;

/**
 * Reads an instance.
 *
 * @returns From 1 to 99, since the grammar has two digits; `undefined` for anything else. An instance over
 * {@linkcode MAX_SETS} belongs to no chain.
 */
export function parseInstance(text = ""): number | undefined {
  return /^[0-9]{1,2}$/.test(text) && Number(text) > 0
    ? Number(text)
    : undefined;
}
