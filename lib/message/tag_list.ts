// Tag lists (RFC 6376 section 3.2), as signatures and key records of both kinds have them.
// Takes octet strings, LF or CRLF line ends. Knows no tag.

/** A tag's value without the white space around it, and where the text between `=` and `;` stands. */
export interface Tag {
  value: string;
  start: number;
  end: number;
}

export type TagList = Map<string, Tag>;

/** A list with more tags is refused. */
const MAX_TAGS = 1000;

/**
 * @returns The tags by name, or `undefined` for a list that does not follow the grammar, names a
 * tag twice, or has over 1000 tags.
 */
export function parseTagList(text: string): TagList | undefined {
  const tags: TagList = new Map();
  for (let start = 0; start < text.length;) {
    if (tags.size === MAX_TAGS) return undefined;
    const semicolon = text.indexOf(";", start);
    const end = semicolon === -1 ? text.length : semicolon;
    const spec = text.slice(start, end);
    const equals = spec.indexOf("=");
    // Only white space may follow the last semicolon.
    if (
      equals === -1 && semicolon === -1 && tags.size > 0 && trim(spec) === ""
    ) break;
    if (equals === -1) return undefined;
    const name = trim(spec.slice(0, equals));
    const value = trim(spec.slice(equals + 1));
    if (!isTagName(name) || !isTagValue(value) || tags.has(name)) {
      return undefined;
    }
    tags.set(name, { value, start: start + equals + 1, end });
    start = end + 1;
  }
  return tags.size > 0 ? tags : undefined;
}

/** Removes all white space from a value: base64, or a list whose parts may be folded. */
export function unfold(value: string): string {
  return value.replace(/[ \t\r\n]+/g, "");
}

/** Splits a list at its colons into at most `limit` items, without the white space around them. */
export function splitItems(value: string, limit?: number): string[] {
  return value.split(":", limit).map(trim);
}

/**
 * Decodes DKIM-quoted-printable (RFC 6376 section 2.11), and drops white space. An equals sign
 * without two hexadecimal digits after it stays.
 */
export function decodeQuotedPrintable(value: string): string {
  return unfold(value).replace(
    /=([0-9A-Fa-f]{2})/g,
    (_, digits) => String.fromCharCode(parseInt(digits, 16)),
  );
}

/** Encodes an octet string for a tag value: DKIM-quoted-printable (RFC 6376 section 2.11). */
export function encodeQuotedPrintable(text: string): string {
  return text.replace(
    /[^\x21-\x3a\x3c\x3e-\x7e]/g,
    (char) =>
      `=${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

/** The longest header line that we write, in octets (RFC 5322 section 2.1.1). */
const LINE_OCTETS = 78;

/** How a value may be folded: not at all, between the items of a list, or anywhere (base64). */
export type Folding = "none" | "list" | "anywhere";

/** Items of a list end in their separator, or in a quoted octet of `z=` (RFC 6376 section 2.11). */
const ITEM_END = /(?<=[:|]|=[0-9A-F]{2})/;

/** A tag to write. */
export interface TagText {
  name: string;
  value: string;
  folding?: Folding;
}

/**
 * Writes a header field whose body is a tag list, folded with LF and a tab.
 *
 * @param fieldName Without the colon.
 * @param tags In the order they are to have; the last one may have an empty value, for {@linkcode appendBase64}.
 * @returns The field without its last line end.
 */
export function formatTagList(fieldName: string, tags: TagText[]): string {
  let field = `${fieldName}:`;
  tags.forEach(({ name, value, folding = "none" }, n) => {
    const suffix = n < tags.length - 1 ? ";" : "";
    if (folding === "anywhere") {
      field = appendBase64(appendItems(field, [`${name}=`]), value + suffix);
    } else {
      const [first, ...more] = folding === "list"
        ? value.split(ITEM_END)
        : [value];
      const items = [`${name}=${first}`, ...more];
      items.push(items.pop() + suffix);
      field = appendItems(field, items);
    }
  });
  return field;
}

/** Appends a value that may be folded anywhere to a field that ends in its `=`. */
export function appendBase64(field: string, value: string): string {
  let rest = value;
  while (rest !== "") {
    const room = LINE_OCTETS - lastLine(field);
    field += rest.slice(0, Math.max(room, 0));
    rest = rest.slice(Math.max(room, 0));
    if (rest !== "") field += "\n\t";
  }
  return field;
}

/**
 * Appends items, the first after a space. Keeps count of the column, since a search for the last line
 * end would be quadratic in a long `z=`.
 */
function appendItems(field: string, items: string[]): string {
  let column = lastLine(field);
  const texts = items.map((item, n) => {
    const space = n === 0 ? " " : "";
    const fits = column + space.length + item.length <= LINE_OCTETS;
    column = (fits ? column + space.length : 1) + item.length;
    return (fits ? space : "\n\t") + item;
  });
  return field + texts.join("");
}

function lastLine(field: string): number {
  return field.length - 1 - field.lastIndexOf("\n");
}

/** Loops, since `/[ \t]+$/` is quadratic on white space in the middle and `trim()` removes octet 160. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhiteSpace(text[start]!)) start++;
  while (end > start && isWhiteSpace(text[end - 1]!)) end--;
  return text.slice(start, end);
}

function isWhiteSpace(char: string): boolean {
  return char === " " || char === "\t" || char === "\n" || char === "\r";
}

/** Hyphens are allowed: some unknown tags have them, and unknown tags are ignored (RFC 6376 section 3.2). */
function isTagName(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_-]*$/.test(name);
}

/**
 * A tag value: printable octets, also those of UTF-8 (RFC 8616) or Latin-1, and folding white space.
 * The list has been split at semicolons before.
 */
function isTagValue(value: string): boolean {
  return /^[\x20-\x7e\x80-\xff\t\r\n]*$/.test(value);
}
