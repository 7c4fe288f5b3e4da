// Addresses of From and Sender (RFC 5322 sections 3.4 and 4.4, the obsolete forms too): lists,
// groups, comments, quoted strings, routes. Takes an octet string, LF line ends. Knows no DNS.

import { closedEnd, commentEnd } from "./enclosed.ts";

/** The two halves of an address; a quoted local part without its quotes. */
export interface Address {
  localPart: string;
  /** As written: a dot-atom or a literal in brackets. */
  domain: string;
}

interface Token {
  kind: "atom" | "quoted" | "encoded" | "literal" | "special";
  text: string;
}

/** A longer list is not read: every address costs many times its octets in memory. */
const MAX_OCTETS = 1 << 16;

/** How to read what is written in many ways. */
export interface AddressReading {
  /** Refuse anything but a phrase before `<`: some readers would find another address there. */
  strictPhrase?: boolean;
}

/** @returns The addresses in their order, or `undefined` when the list is malformed, or over 64 KiB. */
export function parseAddressList(
  value: string,
  { strictPhrase = false }: AddressReading = {},
): Address[] | undefined {
  const tokens = value.length > MAX_OCTETS ? undefined : tokenize(value);
  if (tokens === undefined) return undefined;
  const addresses: Address[] = [];
  let item: Token[] = [];
  let inAngle = false;
  let inGroup = false;

  const endItem = (): boolean => {
    // The obsolete syntax allows empty list elements (RFC 5322 section 4.4).
    if (item.length === 0) return true;
    const address = parseMailbox(item, strictPhrase);
    item = [];
    if (address !== undefined) addresses.push(address);
    return address !== undefined;
  };

  for (const token of tokens) {
    const special = token.kind === "special" ? token.text : "";
    if (special === "<" || special === ">") {
      if (inAngle === (special === "<")) return undefined;
      inAngle = !inAngle;
    }
    if (special === "," && !inAngle) {
      if (!endItem()) return undefined;
    } else if (special === ":" && !inAngle) {
      // Before the colon stands the group's name: a phrase, never an address.
      if (inGroup || item.length === 0 || !item.every(isOfPhrase)) {
        return undefined;
      }
      inGroup = true;
      item = [];
    } else if (special === ";") {
      if (!inGroup || !endItem()) return undefined;
      inGroup = false;
    } else {
      item.push(token);
    }
  }
  if (inAngle || inGroup || !endItem()) return undefined;
  return addresses;
}

/** `[phrase] "<" [route] addr-spec ">"`, or an addr-spec alone. */
function parseMailbox(
  tokens: Token[],
  strictPhrase: boolean,
): Address | undefined {
  const open = tokens.findIndex((token) => isSpecial(token, "<"));
  if (open === -1) return parseAddrSpec(tokens);
  if (strictPhrase && !tokens.slice(0, open).every(isOfPhrase)) {
    return undefined;
  }
  if (!isSpecial(tokens[tokens.length - 1], ">")) return undefined;
  const inner = tokens.slice(open + 1, -1);
  if (inner.some((token) => isSpecial(token, ">"))) return undefined;
  return parseAddrSpec(withoutRoute(inner));
}

/** Drops an obsolete route, `@a,@b:`. */
function withoutRoute(tokens: Token[]): Token[] {
  if (!isSpecial(tokens[0], "@")) return tokens;
  return tokens.slice(tokens.findIndex((token) => isSpecial(token, ":")) + 1);
}

function parseAddrSpec(tokens: Token[]): Address | undefined {
  const at = tokens.findIndex((token) => isSpecial(token, "@"));
  if (at === -1) return undefined;
  const localPart = joinWords(tokens.slice(0, at), ["atom", "quoted"]);
  const right = tokens.slice(at + 1);
  const domain = right.length === 1 && right[0]!.kind === "literal"
    ? right[0]!.text
    : joinWords(right, ["atom"]);
  return localPart === undefined || domain === undefined
    ? undefined
    : { localPart, domain };
}

/** Words with one dot between each two: a dot-atom, or an obsolete local part. */
function joinWords(
  tokens: Token[],
  kinds: Token["kind"][],
): string | undefined {
  if (tokens.length % 2 === 0) return undefined;
  const fits = tokens.every((token, n) =>
    n % 2 === 0 ? kinds.includes(token.kind) : isSpecial(token, ".")
  );
  return fits ? tokens.map((token) => token.text).join("") : undefined;
}

/** A phrase is words; the obsolete one has dots too. */
function isOfPhrase(token: Token): boolean {
  return ["atom", "quoted", "encoded"].includes(token.kind) ||
    isSpecial(token, ".");
}

function isSpecial(token: Token | undefined, text: string): boolean {
  return token !== undefined && token.kind === "special" && token.text === text;
}

/** Atoms take any octet that is neither special, white space nor a control character: 8-bit names are common. */
// deno-lint-ignore no-control-regex
const ATOM = /[^\x00-\x20\x7f()<>[\]:;@\\,."]+/y;
/** An encoded word (RFC 2047) with one @ that should have been encoded: no reader finds the end of a domain in it. */
const ENCODED_WORD =
  // deno-lint-ignore no-control-regex
  /=\?[\w*-]{1,40}\?[QqBb]\?[^\x00-\x20\x7f()<>[\]:;@\\,"]{0,200}@[^\x00-\x20\x7f()<>[\]:;@\\,"]{0,200}\?=(?=[ \t\n<])/y;
const WHITE_SPACE = /[ \t\r\n]+/y;

function tokenize(value: string): Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; at < value.length;) {
    const char = value[at]!;
    const start = at;
    if (" \t\r\n".includes(char)) {
      at = matchEnd(WHITE_SPACE, value, at);
    } else if (char === "(") {
      at = commentEnd(value, at);
    } else if (char === '"') {
      at = closedEnd(value, at, '"');
      // A fold's line end is no part of the string (RFC 5322 section 3.2.4).
      const text = value.slice(start + 1, at - 1).replaceAll("\n", "")
        .replace(/\\([^])/g, "$1");
      tokens.push({ kind: "quoted", text });
    } else if (char === "[") {
      at = closedEnd(value, at, "]");
      tokens.push({ kind: "literal", text: value.slice(start, at) });
    } else if ("<>:;@,.".includes(char)) {
      at++;
      tokens.push({ kind: "special", text: char });
    } else {
      const encodedEnd = char === "=" ? matchEnd(ENCODED_WORD, value, at) : -1;
      at = encodedEnd === -1 ? matchEnd(ATOM, value, at) : encodedEnd;
      const kind = encodedEnd === -1 ? "atom" : "encoded";
      tokens.push({ kind, text: value.slice(start, at) });
    }
    if (at === -1) return undefined;
  }
  return tokens;
}

function matchEnd(pattern: RegExp, value: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(value) ? pattern.lastIndex : -1;
}
