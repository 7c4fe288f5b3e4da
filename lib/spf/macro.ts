// Macro strings (RFC 7208 section 7): parsed once, then expanded for a message. The caller gives the
// values of the letters. Knows no record and no DNS.

/** What may stand for a letter. */
export type MacroLetter =
  | "s"
  | "l"
  | "o"
  | "d"
  | "i"
  | "p"
  | "h"
  | "c"
  | "r"
  | "t"
  | "v";

/** `%{ir}` and its like. */
export interface Macro {
  letter: MacroLetter;
  /** The letter is in upper case: the value is escaped for a URL. */
  isEscaped: boolean;
  /** How many parts are kept, counted from the right; without a number all of them. */
  keep: number;
  isReversed: boolean;
  delimiters: string;
}

/** Texts, and macros between them. */
export type MacroString = (string | Macro)[];

/** What a letter stands for. */
export type MacroValues = (letter: MacroLetter) => string | Promise<string>;

/** No domain name is longer (RFC 7208 section 7.3). */
const NAME_OCTETS = 253;

const LITERALS: Record<string, string> = { "%%": "%", "%_": " ", "%-": "%20" };
const PIECES = /[^%]+|%[%_-]|%\{([slodiphcrtv])(\d*)(r?)([.\-+,/_=]*)\}|[^]/giy;

/** The end of a domain-spec: a label that is no number, or a macro (section 7.1). */
const DOMAIN_END =
  /(?:\.(?!\d+\.?$)[a-z\d](?:[a-z\d-]*[a-z\d])?\.?|%\{[^{}]*\}|%[%_-])$/i;

/** Letters that are allowed only in the text of an explanation. */
const ONLY_EXPLAINING = "crt";

/**
 * Parses a text with macros.
 *
 * @param text An octet string.
 * @param isExplanation Allow c, r and t too (section 7.2).
 * @returns `undefined` for an unknown macro.
 */
export function parseMacroString(
  text: string,
  isExplanation = false,
): MacroString | undefined {
  const pieces: MacroString = [];
  for (const match of text.matchAll(PIECES)) {
    const [piece, letter, digits, reversal, delimiters] = match;
    if (letter === undefined) {
      if (piece === "%") return undefined;
      pieces.push(LITERALS[piece] ?? piece);
      continue;
    }
    const lower = letter.toLowerCase() as MacroLetter;
    // "The DIGIT transformer MUST be non-zero" (section 7.3).
    if (digits !== "" && Number(digits) === 0) return undefined;
    if (!isExplanation && ONLY_EXPLAINING.includes(lower)) return undefined;
    pieces.push({
      letter: lower,
      isEscaped: lower !== letter,
      keep: digits === "" ? Infinity : Number(digits),
      isReversed: reversal !== "",
      delimiters: delimiters || ".",
    });
  }
  return pieces;
}

/** Parses a macro string that expands to a domain name; `undefined` if it cannot. */
export function parseDomainSpec(text: string): MacroString | undefined {
  // The end of "%%{d}" is no macro.
  const end = text.replace(/%[%_-]/g, "%-");
  return /^[\x21-\x7e]+$/.test(text) && DOMAIN_END.test(end)
    ? parseMacroString(text)
    : undefined;
}

/** Expands a text. */
export async function expandMacros(
  pieces: MacroString,
  values: MacroValues,
): Promise<string> {
  const texts: string[] = [];
  for (const piece of pieces) texts.push(await expandPiece(piece, values));
  return texts.join("");
}

/**
 * Expands a domain name, without a final dot. A name that is too long loses labels on the left: the
 * expansion goes from the right, and stops when the rest would be dropped.
 */
export async function expandDomain(
  pieces: MacroString,
  values: MacroValues,
): Promise<string> {
  let name = "";
  for (const piece of pieces.toReversed()) {
    name = await expandPiece(piece, values) + name;
    if (name.length > NAME_OCTETS + 1) break;
  }
  if (name.endsWith(".")) name = name.slice(0, -1);
  if (name.length <= NAME_OCTETS) return name;
  const dot = name.indexOf(".", name.length - NAME_OCTETS - 1);
  return dot === -1 ? name : name.slice(dot + 1);
}

async function expandPiece(
  piece: string | Macro,
  values: MacroValues,
): Promise<string> {
  if (typeof piece === "string") return piece;
  const value = await values(piece.letter);
  const parts = split(value, piece.delimiters);
  if (piece.isReversed) parts.reverse();
  const text = parts.slice(-piece.keep).join(".");
  return piece.isEscaped ? escapeForUrl(text) : text;
}

function split(text: string, delimiters: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (!delimiters.includes(text[at]!)) continue;
    parts.push(text.slice(start, at));
    start = at + 1;
  }
  return [...parts, text.slice(start)];
}

/** Escapes all but the unreserved characters of RFC 3986 section 2.3. */
function escapeForUrl(text: string): string {
  return text.replace(
    /[^A-Za-z0-9._~-]/g,
    (char) =>
      `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}
