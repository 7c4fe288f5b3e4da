// Header fields (RFC 5322 section 2.2) as octet strings with LF line ends. A line that is no field
// gets an empty name, which no list of signed fields can hold. Knows no field by name.

/** One header field, or one line that is none. */
export interface HeaderField {
  /** The name as written, without white space before the colon; empty where there is no colon. */
  name: string;
  /** The whole field, folded as it came, without its last line end. */
  raw: string;
}

/** A header with more fields is malformed: every field costs many times its octets in memory. */
export const MAX_FIELDS = 1 << 17;

/**
 * Reads a header (RFC 5322 section 2.2).
 *
 * @param header Lines that end in LF, without the empty line that ends it.
 * @returns The fields, of which only the first {@linkcode MAX_FIELDS} and one more are read.
 */
export function parseHeader(header: string): HeaderField[] {
  const fields: HeaderField[] = [];
  for (let start = 0; start < header.length && fields.length <= MAX_FIELDS;) {
    let end = lineEnd(header, start);
    while (isContinued(header, end)) end = lineEnd(header, end + 1);
    const raw = header.slice(start, end);
    fields.push({ name: nameOf(raw), raw });
    start = end + 1;
  }
  return fields;
}

/** Tells whether a text is a field name: printable ASCII without white space (RFC 5322 section 3.6.8). */
export function isFieldName(text: string): boolean {
  return /^[\x21-\x39\x3b-\x7e]+$/.test(text);
}

/**
 * The separator line of a mailbox file, plain or quoted. It is no field, but harmless as the first
 * line. Readers that take the quoted form for the start of the body see a name and a date.
 */
const MAILBOX_LINE =
  /^(?:From [^\n]*|>From \S+ +[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d[ :+\dA-Z-]{0,20})$/;

/**
 * Tells what makes a header malformed: a line that is no field, a NUL, a bare CR, too many fields.
 * Readers disagree where such a header ends, so that no signature vouches for what a person sees.
 *
 * @returns The fault, as text; `undefined` for a header that everybody reads alike.
 */
export function findMalformed(fields: HeaderField[]): string | undefined {
  if (fields.length > MAX_FIELDS) {
    return `more than ${MAX_FIELDS} header fields`;
  }
  for (const [at, { name, raw }] of fields.entries()) {
    if (raw.includes("\0")) return `a NUL in header field ${at + 1}`;
    if (raw.includes("\r")) return `a bare CR in header field ${at + 1}`;
    const isOdd = name === "" && !(at === 0 && MAILBOX_LINE.test(raw));
    if (isOdd) return `header field ${at + 1} is no field`;
  }
  return undefined;
}

/** Tells whether `h=` can hold a field name. A semicolon in it would end the tag. */
export function isListable(name: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(name);
}

/** Tells whether white space stands before the colon (RFC 5322 section 4.5): some readers end the header there. */
export function hasObsoleteColon({ name, raw }: HeaderField): boolean {
  return name !== "" && raw[name.length] !== ":";
}

/** What follows the colon, folded as it came. */
export function fieldValue(field: HeaderField): string {
  return field.raw.slice(field.raw.indexOf(":") + 1);
}

/** Tells whether a field has that name, in any case. */
export function isNamed(field: HeaderField, name: string): boolean {
  return field.name.toLowerCase() === name.toLowerCase();
}

/** The fields of that name, in the order of the message. */
export function fieldsNamed(
  fields: HeaderField[],
  name: string,
): HeaderField[] {
  return fields.filter((field) => isNamed(field, name));
}

function lineEnd(header: string, start: number): number {
  const end = header.indexOf("\n", start);
  return end === -1 ? header.length : end;
}

function isContinued(header: string, end: number): boolean {
  const next = header[end + 1];
  return next === " " || next === "\t";
}

function nameOf(raw: string): string {
  const colon = raw.indexOf(":");
  if (colon === -1) return "";
  let end = colon;
  while (end > 0 && (raw[end - 1] === " " || raw[end - 1] === "\t")) end--;
  const name = raw.slice(0, end);
  return isFieldName(name) ? name : "";
}
