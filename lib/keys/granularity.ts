// Granularity, `g=` of a key record (RFC 4870 section 3.2.3, RFC 4871 section 3.6.1): the local parts
// that may use a key. Takes time linear in both texts, whatever they hold. Knows no record.

/**
 * Tells whether a granularity allows a local part; each `*` in it stands for any run of octets.
 *
 * @param granularity An empty one allows nobody (RFC 4871). To RFC 4870 an empty one allows everybody:
 * the DomainKeys verifier sees to that.
 */
export function matchesGranularity(
  granularity: string,
  localPart: string,
): boolean {
  if (granularity === "") return false;
  const [start = "", ...parts] = granularity.split("*");
  const end = parts.pop();
  if (end === undefined) return localPart === granularity;
  if (!localPart.startsWith(start)) return false;
  let at = start.length;
  for (const part of parts) {
    at = endOf(part, localPart, at);
    if (at === -1) return false;
  }
  return at + end.length <= localPart.length && localPart.endsWith(end);
}

/** Finds the end of the first occurrence of a part, by Knuth, Morris and Pratt: `indexOf` is quadratic. */
function endOf(part: string, text: string, start: number): number {
  if (part === "") return start;
  const borders = bordersOf(part);
  let length = 0;
  for (let at = start; at < text.length; at++) {
    while (length > 0 && text[at] !== part[length]) {
      length = borders[length - 1]!;
    }
    if (text[at] === part[length]) length++;
    if (length === part.length) return at + 1;
  }
  return -1;
}

/** For each prefix of a part, the length of its longest proper suffix that is a prefix too. */
function bordersOf(part: string): Uint32Array {
  const borders = new Uint32Array(part.length);
  let length = 0;
  for (let at = 1; at < part.length; at++) {
    while (length > 0 && part[at] !== part[length]) {
      length = borders[length - 1]!;
    }
    if (part[at] === part[length]) length++;
    borders[at] = length;
  }
  return borders;
}
