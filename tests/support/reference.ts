// The canonicalizations once more, as plain functions over whole texts: the RFCs' sentences one by
// one and nothing else. Slow and obvious; shares no code with lib/.

/** A field in its lines, without their ends. */
export interface ReferenceField {
  name: string;
  lines: string[];
}

/**
 * The line-end rule of this project: LF ends a line, a CR just before it belongs to it, and an
 * unterminated last line is a line. Any other CR is data.
 */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** The same text with every line ended by CRLF: what is hashed is a canonical form of this. */
export function normalize(text: string): string {
  return linesOf(text).map((line) => `${line}\r\n`).join("");
}

/** RFC 5322 2.1: the body follows the header, "separated by an empty line"; without one there is none. */
export function partsOf(message: string): {
  header: string[];
  body: string[];
} {
  const lines = linesOf(message);
  const end = lines.indexOf("");
  return end === -1
    ? { header: lines, body: [] }
    : { header: lines.slice(0, end), body: lines.slice(end + 1) };
}

/** RFC 5322 2.2.3: a line that begins with white space continues the field before it. */
export function fieldsOf(header: string[]): ReferenceField[] {
  const fields: ReferenceField[] = [];
  for (const line of header) {
    const last = fields.at(-1);
    if (last !== undefined && /^[ \t]/.test(line)) last.lines.push(line);
    else fields.push({ name: nameOf(line), lines: [line] });
  }
  return fields;
}

/** RFC 5322 2.2 and 4.5: printable ASCII without a colon, then white space perhaps, then a colon. */
function nameOf(line: string): string {
  return /^([!-9;-~]+)[ \t]*:/.exec(line)?.[1] ?? "";
}

/** The header that every reader reads alike: fields alone, after a mailbox line perhaps, and no NUL or bare CR. */
export function isWellFormed(header: string[]): boolean {
  const fields = fieldsOf(header);
  const isMailboxLine = /^>?From /.test(header[0] ?? "") &&
    fields[0]?.lines.length === 1;
  return !/[\0\r]/.test(header.join("\n")) &&
    fields.slice(isMailboxLine ? 1 : 0).every(({ name }) => name !== "");
}

/** RFC 6376 3.4.1: "does not change header fields in any way". */
export function simpleField({ lines }: ReferenceField): string {
  return lines.map((line) => `${line}\r\n`).join("");
}

/** RFC 6376 3.4.2, its steps in order. */
export function relaxedField({ name, lines }: ReferenceField): string {
  const unfolded = lines.join("");
  const value = unfolded.slice(unfolded.indexOf(":") + 1)
    .replaceAll(/[ \t]+/g, " ")
    .replace(/[ \t]+$/, "")
    .replace(/^[ \t]+/, "");
  return `${name.toLowerCase()}:${value}\r\n`;
}

/** RFC 4870 3.4.2.2: continuation lines are unwrapped, all folding white space is removed. */
export function nofwsField({ lines }: ReferenceField): string {
  return withoutFoldingWhiteSpace(lines.join("")) + "\r\n";
}

/** RFC 6376 3.4.3: "ignores all empty lines at the end"; "If there is no body […] a CRLF is added". */
export function dkimSimpleBody(body: string[]): string {
  const lines = withoutTrailingEmpty(body);
  return lines.length === 0
    ? "\r\n"
    : lines.map((line) => `${line}\r\n`).join("");
}

/** RFC 6376 3.4.4: white space at line ends goes, other runs become one SP; then trailing empty lines. */
export function dkimRelaxedBody(body: string[]): string {
  const reduced = body.map((line) =>
    line.replace(/[ \t]+$/, "").replaceAll(/[ \t]+/g, " ")
  );
  return withoutTrailingEmpty(reduced).map((line) => `${line}\r\n`).join("");
}

/**
 * RFC 4870 3.4.2.1: trailing empty lines are ignored; "If the body consists entirely of empty
 * lines, then the header/body line is similarly ignored".
 */
export function domainKeysSimpleBody(body: string[]): string {
  const lines = withoutTrailingEmpty(body);
  return lines.length === 0
    ? ""
    : ["", ...lines].map((line) => `${line}\r\n`).join("");
}

/** RFC 4870 3.4.2.2: the same, and "the test for an empty line occurs after removing all FWS". */
export function domainKeysNofwsBody(body: string[]): string {
  return domainKeysSimpleBody(body.map(withoutFoldingWhiteSpace));
}

/** RFC 6376 5.4.2: fields of one name are taken "from the bottom of the header field block to the top". */
export function dkimHeader(
  fields: ReferenceField[],
  names: string[],
  canonicalize: (field: ReferenceField) => string,
): string {
  const left = [...fields];
  return names.map((name) => {
    const at = left.findLastIndex((field) => isNamed(field, name));
    return at === -1 ? "" : canonicalize(left.splice(at, 1)[0]!);
  }).join("");
}

/** RFC 4870 3.3: "all occurrences of that header", in the order of the message (3.4.2.1). */
export function domainKeysHeader(
  fields: ReferenceField[],
  names: string[],
  canonicalize: (field: ReferenceField) => string,
): string {
  return fields.filter((field) => names.some((name) => isNamed(field, name)))
    .map(canonicalize).join("");
}

function isNamed(field: ReferenceField, name: string): boolean {
  return field.name !== "" && field.name.toLowerCase() === name.toLowerCase();
}

function withoutTrailingEmpty(lines: string[]): string[] {
  return lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);
}

function withoutFoldingWhiteSpace(text: string): string {
  return text.replaceAll(/[\t\n\r ]/g, "");
}
