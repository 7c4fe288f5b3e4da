// Where readers see fields in a header, each of them by a rule of its own, of a whole text at once:
// slow and obvious. Knows no stage.

const NAME = /authentication-results/gi;

/** How long the header is to a reader to whom LF alone ends a line, where lines end like that. */
function headerLength(message: string): number {
  const empty = message.search(/(?<=^|\n)\n/);
  const crlf = message.search(/(?<=^|\n)\r\n/);
  const isCrlf = crlf !== -1 && !/(?<!\r)\n/.test(message.slice(0, crlf));
  const end = isCrlf && (empty === -1 || crlf < empty) ? crlf : empty;
  return end === -1 ? message.length : end;
}

/** Header and body. */
export function splitHeader(message: string): [header: string, body: string] {
  const length = headerLength(message);
  return [message.slice(0, length), message.slice(length)];
}

/** Fields as readers see them: to whom LF ends a line, or CR as well, or for whom lines without a colon go on. */
export function fieldsSeen(message: string): string[] {
  const [header] = splitHeader(message);
  return [
    ...withoutOrphan(header.split(/\n(?![ \t])/)),
    ...withoutOrphan(header.split(/\r\n(?![ \t])|\r(?![\n \t])|\n(?![ \t])/)),
    ...foldedByColon(header),
  ];
}

/** The same and every part of a field that follows a CR, with the lines that some readers add. */
export function suspectsIn(message: string): string[] {
  const [header] = splitHeader(message);
  const fields = header.split(/\n(?![ \t])/);
  return fields.flatMap((_, n) => {
    const rest = fields.slice(n + 1);
    const next = rest.findIndex((field) => /^[^\s:][^:\r\n]*:/.test(field));
    const added = rest.slice(0, next === -1 ? rest.length : next);
    const text = [fields[n]!, ...added].join("\n");
    const starts = [...text.matchAll(/(?<=^|\r)/g)].map(({ index }) => index);
    return withoutOrphan(
      starts.flatMap((at) => [text.slice(at), fields[n]!.slice(at)]),
    );
  });
}

/** A field that holds the name again: what comes before that may hide whose it is. */
export function isNested(text: string): boolean {
  return [...text.replace(/[^!-~]/g, "").matchAll(NAME)].length > 1;
}

/** What goes on with nothing is no field. */
function withoutOrphan(fields: string[]): string[] {
  return fields.filter((field) => !/^[ \t]/.test(field));
}

/** As Email::Simple does it. */
function foldedByColon(header: string): string[] {
  const fields: string[] = [];
  for (const line of header.split(/\n\r|\r\n|\n|\r/)) {
    if (line === "") continue;
    if (/^[^\s:][^:]*:/.test(line)) fields.push(line);
    else if (fields.length > 0) fields.push(`${fields.pop()} ${line}`);
  }
  return fields;
}
