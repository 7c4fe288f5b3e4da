// Encoded words (RFC 2047), decoded as generously as the most generous reader does: anywhere in a
// text, with spaces in them. Says what somebody may see in a text; not for display.

import { decodeBase64 } from "./base64.ts";
import { toOctets } from "./octets.ts";

/** Replaces a word that others may be able to decode. No text of a message has this char. */
export const UNREADABLE = "\ud800";

/** Stands at both ends of a decoded word. */
const EDGE = "\0";

/** Further words are not decoded: nobody writes that many in good faith. */
const MAX_WORDS = 64;

const OPENING = /=\?([^?]*)\?([bq])\?/gi;
const CLOSING = "?=";

/** Character sets in which an ASCII octet is always that character, and which the runtime knows. */
const CHARSET =
  /^(?:utf-?8|(?:us-)?ascii|iso-?8859-\d+|latin\d|windows-125\d|cp125\d|koi8-[ru])$/;

const UTF_8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Decodes the encoded words of a text, and drops the white space between two of them.
 *
 * @param text An octet string: UTF-8, or else ISO-8859-1, where it is not encoded.
 * @returns Unicode.
 */
export function decodeEncodedWords(text: string): string {
  let decoded = "";
  let at = 0;
  let words = 0;
  OPENING.lastIndex = 0;
  for (
    let match = OPENING.exec(text);
    match !== null;
    match = OPENING.exec(text)
  ) {
    const start = OPENING.lastIndex;
    const end = text.indexOf(CLOSING, start);
    if (end === -1) break;
    const between = text.slice(at, match.index);
    if (words === 0 || /[^ \t\r\n]/.test(between)) decoded += decode(between);
    const [, charset = "", encoding = ""] = match;
    const word = words++ < MAX_WORDS
      ? decodeWord(charset, encoding, text.slice(start, end))
      : undefined;
    decoded += EDGE + (word ?? UNREADABLE) + EDGE;
    at = end + CLOSING.length;
    OPENING.lastIndex = at;
  }
  return decoded + decode(text.slice(at));
}

function decodeWord(
  charset: string,
  encoding: string,
  text: string,
): string | undefined {
  // A language may follow the character set (RFC 2231 section 5).
  const label = charset.replace(/\*[^]*/, "").toLowerCase();
  if (!CHARSET.test(label)) return undefined;
  const octets = /b/i.test(encoding) ? decodeB(text) : decodeQ(text);
  return octets === undefined ? undefined : decodeAs(label, octets);
}

function decodeB(text: string): Uint8Array | undefined {
  if (text === "") return new Uint8Array(0);
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? decodeBase64(text) : undefined;
}

function decodeQ(text: string): Uint8Array | undefined {
  if (/=(?![0-9a-f]{2})/i.test(text)) return undefined;
  return toOctets(
    text.replaceAll("_", " ").replace(
      /=(..)/g,
      (_, digits: string) => String.fromCharCode(parseInt(digits, 16)),
    ),
  );
}

function decodeAs(label: string, octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder(label, { ignoreBOM: true }).decode(octets);
  } catch {
    // A number of ISO 8859 that there is not.
    return undefined;
  }
}

function decode(text: string): string {
  if (!/[\x80-\xff]/.test(text)) return text;
  try {
    return UTF_8.decode(toOctets(text));
  } catch {
    return text;
  }
}
