// TAI64N labels, as multilog(8) puts them in front of lines and gives them to files: "@" and 24 hex
// digits. Knows no leap second, as multilog does not: its label is Unix time plus 2^62 and 10 seconds.

/** The length of a label, with its "@". */
export const LABEL_LENGTH = 25;

const HALF = 2 ** 32;
/** The upper half of 2^62. */
const BASE = 2 ** 30;

/**
 * Reads a label.
 *
 * @returns Milliseconds since 1970; `undefined` if it is none.
 */
export function parseTai64n(label: string): number | undefined {
  return label.length === LABEL_LENGTH ? readTai64n(label, 0) : undefined;
}

/** Reads the label that begins at a position of a text. */
export function readTai64n(text: string, start: number): number | undefined {
  if (text[start] !== "@") return undefined;
  const upper = readHex(text, start + 1) - BASE;
  const lower = readHex(text, start + 9);
  const nanoseconds = readHex(text, start + 17);
  const time = (upper * HALF + lower - 10) * 1000 +
    Math.trunc(nanoseconds / 1e6);
  return Number.isNaN(time) ? undefined : time;
}

/** Eight digits, of lower case. With a pattern and parseInt() a line costs a tenth more. */
function readHex(text: string, start: number): number {
  let value = 0;
  for (let at = start; at < start + 8; at++) {
    // Beyond the end it is NaN, and so is the value.
    const code = text.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) value = value * 16 + code - 0x30;
    else if (code >= 0x61 && code <= 0x66) value = value * 16 + code - 0x57;
    else return NaN;
  }
  return value;
}
