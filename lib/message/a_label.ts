// One label of an internationalized domain name, from UTF-8 to the form that DNS has (RFC 5890
// section 2.3.2.1, RFC 3492). The runtime's URL parser knows the tables. It gets one label at a time,
// and its answer is decoded again: the parser drops or replaces some characters.

import { encodeUtf8, toOctets } from "./octets.ts";

const PREFIX = "xn--";
/** Stands after the label, so that one of digits is not taken for the end of an address. */
const SUFFIX = ".invalid";
const LABEL_OCTETS = 63;

/**
 * The A-label of a label that is not ASCII.
 *
 * @param label An octet string: UTF-8, in any case.
 * @returns `undefined` for what is no U-label: not UTF-8, too long, with characters that would be
 * dropped or become others.
 */
export function toALabel(label: string): string | undefined {
  const text = decodeUtf8(label)?.toLowerCase();
  if (text === undefined || !/^[a-z0-9_\x80-\u{10ffff}-]+$/u.test(text)) {
    return undefined;
  }
  const { hostname = "" } = URL.parse(`http://${text}${SUFFIX}`) ?? {};
  const aLabel = hostname.slice(0, -SUFFIX.length);
  const isSame = hostname.endsWith(SUFFIX) && aLabel.startsWith(PREFIX) &&
    aLabel.length <= LABEL_OCTETS &&
    decodePunycode(aLabel.slice(PREFIX.length)) === text;
  return isSame ? aLabel : undefined;
}

/**
 * The U-label of an A-label, as a text of the runtime in lower case.
 *
 * @param label In lower case.
 * @returns `undefined` for what is no A-label.
 */
export function toULabel(label: string): string | undefined {
  if (!label.startsWith(PREFIX)) return undefined;
  const text = decodePunycode(label.slice(PREFIX.length));
  return toALabel(encodeUtf8(text)) === label ? text : undefined;
}

function decodeUtf8(octets: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(toOctets(octets));
  } catch {
    // Not UTF-8: the caller takes it for no label, and needs no reason.
    return undefined;
  }
}

/**
 * RFC 3492 section 6.2. Does not check its input: whoever calls it encodes the result again and
 * compares.
 */
function decodePunycode(encoded: string): string {
  const basicEnd = Math.max(encoded.lastIndexOf("-"), 0);
  const output = Array.from(encoded.slice(0, basicEnd));
  let code = 128;
  let place = 0;
  let bias = 72;
  for (let at = basicEnd > 0 ? basicEnd + 1 : 0; at < encoded.length;) {
    const start = place;
    let weight = 1;
    for (let k = 36;; k += 36) {
      const digit = parseInt(encoded[at++] ?? "", 36);
      if (Number.isNaN(digit)) return "";
      // Letters stand for 0 to 25 and digits for 26 to 35; in base 36 it is the other way round.
      const value = digit < 10 ? digit + 26 : digit - 10;
      place += value * weight;
      const threshold = Math.min(Math.max(k - bias, 1), 26);
      if (value < threshold) break;
      weight *= 36 - threshold;
    }
    const count = output.length + 1;
    bias = adapt(place - start, count, start === 0);
    code += Math.floor(place / count);
    place %= count;
    if (code > 0x10ffff) return "";
    output.splice(place++, 0, String.fromCodePoint(code));
  }
  return output.join("");
}

/** RFC 3492 section 6.1. */
function adapt(delta: number, count: number, isFirst: boolean): number {
  let rest = Math.floor(delta / (isFirst ? 700 : 2));
  rest += Math.floor(rest / count);
  let k = 0;
  for (; rest > 455; k += 36) rest = Math.floor(rest / 35);
  return k + Math.floor(36 * rest / (rest + 38));
}
