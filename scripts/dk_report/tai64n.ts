// TAI64N labels, as multilog(8) puts them in front of lines and gives them to files: "@" and 24 hex
// digits. Knows no leap second, as multilog does not: its label is Unix time plus 2^62 and 10 seconds.

/** The length of a label, with its "@". */
export const LABEL_LENGTH = 25;

const LABEL = /^@[0-9a-f]{24}$/;
const HALF = 2 ** 32;
/** The upper half of 2^62. */
const BASE = 2 ** 30;

/**
 * Reads a label.
 *
 * @returns Milliseconds since 1970; `undefined` if it is none.
 */
export function parseTai64n(label: string): number | undefined {
  if (!LABEL.test(label)) return undefined;
  const upper = parseInt(label.slice(1, 9), 16) - BASE;
  const lower = parseInt(label.slice(9, 17), 16);
  const nanoseconds = parseInt(label.slice(17), 16);
  return (upper * HALF + lower - 10) * 1000 + Math.trunc(nanoseconds / 1e6);
}
