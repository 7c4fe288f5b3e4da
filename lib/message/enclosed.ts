// The ends of quoted strings, literals and comments in a structured field (RFC 5322 section 3.2).
// Loops, since a regular expression runs out of stack on a megabyte.

/**
 * Finds the end of a quoted string or a literal.
 *
 * @param start Where it opens.
 * @param close The char that closes it, unless a backslash stands before that.
 * @returns The place after it; -1 if it is not closed.
 */
export function closedEnd(value: string, start: number, close: string): number {
  for (let at = start + 1; at < value.length; at++) {
    if (value[at] === "\\") at++;
    else if (value[at] === close) return at + 1;
  }
  return -1;
}

/**
 * Finds the end of a comment. Comments nest (section 3.2.2): a counter replaces recursion.
 *
 * @param start Where it opens.
 * @returns The place after it; -1 if it is not closed.
 */
export function commentEnd(value: string, start: number): number {
  let depth = 0;
  for (let at = start; at < value.length; at++) {
    const char = value[at];
    if (char === "\\") at++;
    else if (char === "(") depth++;
    else if (char === ")" && --depth === 0) return at + 1;
  }
  return -1;
}
