// Where what is enclosed ends in a structured field: quoted strings, literals, comments (RFC 5322 section
// 3.2). Loops: a regular expression runs out of stack on a megabyte.

/**
 * Where a quoted string or a literal ends.
 *
 * @param start Where it opens.
 * @param close What closes it, unless a backslash is before it.
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
 * Where a comment ends; comments nest (section 3.2.2), and are counted, not recursed into.
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
