// Where a mutant passes here and a reader shows it otherwise than it was signed, and the sentence
// that says why no verifier can tell, or that it is the reader who errs. Each entry takes back what
// it explains: only if the reader then shows what was signed is it the reason.

import { isNamed, parseHeader } from "../../../lib/message/header.ts";
import type { Base } from "./bases.ts";
import { BODIES, FIELDS } from "./views.ts";

/** A reason for which a reader shows something else. */
export interface Explanation {
  /** How the reader's name begins; every reader, if not said. */
  reader?: string;
  scheme?: "dkim" | "domainkeys";
  /** What the reader, or the signature, does. */
  why: string;
  /** Where the sentence is. */
  section: string;
  sentence: string;
  /** The message without what is explained; as it is, if there is none. */
  undo(text: string, base: Base): string;
}

export const EXPLANATIONS: readonly Explanation[] = [
  {
    reader: "Email::MIME",
    why:
      "finds no empty line that ends otherwise than the line before it, and takes the body for header",
    section: "RFC 5322 section 2.1",
    sentence:
      "The body is simply a sequence of characters that follows the header section and is separated from the header section by an empty line (i.e., a line with nothing preceding the CRLF).",
    undo: (text) =>
      /(?:^|[^\r])\n\r\n|\r\n\n/.test(text)
        ? text.replaceAll("\r\n", "\n")
        : text,
  },
  {
    why:
      "takes a name with white space before its colon for another name, or for the end of the header",
    section: "RFC 6376 section 3.4.2",
    sentence:
      "Delete any WSP characters remaining before and after the colon separating the header field name from the header field value.",
    undo: inHeader((header) =>
      header.replace(/^([!-9;-~]+)(?:\r?\n?[ \t])+:/gm, "$1:")
    ),
  },
  {
    reader: "Python",
    why: "takes the quoted first line of a mailbox file for the body's",
    section: "RFC 4155 appendix A",
    sentence:
      'Many implementations are also known to escape message body lines that begin with the character sequence of "From ", so as to prevent confusion with overly-liberal parsers that do not search for full separator lines.',
    undo: (text) => text.replace(/^>From [^\n]*\n/, ""),
  },
  {
    why: "goes by white space in a field that this canonicalization drops",
    section: "RFC 6376 section 3.4.2",
    sentence:
      "Convert all sequences of one or more WSP characters to a single SP character.",
    scheme: "dkim",
    undo: withFieldsAsSigned,
  },
  {
    why: "goes by white space in the body that this canonicalization drops",
    section: "RFC 6376 section 3.4.4",
    sentence: "Ignore all whitespace at the end of lines.",
    scheme: "dkim",
    undo: withBodyAsSigned,
  },
  {
    why: "goes by white space that this canonicalization drops",
    section: "RFC 4870 section 3.4.2.2",
    sentence:
      "For each line in the email, remove all folding whitespace characters.",
    scheme: "domainkeys",
    undo: (text, base) =>
      withBodyAsSigned(withFieldsAsSigned(text, base), base),
  },
  {
    why: "goes by a field whose name the signature does not list",
    section: "RFC 4870 section 3.4.2.1",
    sentence:
      'If the "h" tag is used, only those header lines (and their continuation lines if any) added to the "h" tag list are included.',
    scheme: "domainkeys",
    undo: withoutUnlisted,
  },
];

/** The reasons that one reader may have for a mutant of a base. */
export function explanationsFor(
  reader: string,
  { way }: Base,
): Explanation[] {
  return EXPLANATIONS.filter((one) =>
    reader.startsWith(one.reader ?? "") &&
    (one.scheme ?? way.scheme) === way.scheme
  );
}

/** The header, and the rest from the empty line on, whatever ends its lines. */
function part(text: string): [header: string, rest: string] {
  const end = /^(?:\r?\n)|\n(?=\r?\n)/.exec(text);
  const at = end === null ? text.length : end.index + (end.index === 0 ? 0 : 1);
  return [text.slice(0, at), text.slice(at)];
}

function inHeader(change: (header: string) => string): Explanation["undo"] {
  return (text) => {
    const [header, rest] = part(text);
    return change(header) + rest;
  };
}

/** Puts each field as it was signed where the canonicalization sees no difference. */
function withFieldsAsSigned(text: string, base: Base): string {
  const [canonicalization = ""] = base.way.canonicalization.split("/");
  if (canonicalization === "simple") return text;
  const normalize = FIELDS[canonicalization]!;
  const keyOf = (raw: string): string => {
    const colon = raw.indexOf(":");
    const value = normalize(raw.slice(colon + 1));
    return `${raw.slice(0, colon).toLowerCase()}:${value}`;
  };
  const signed = new Map(
    parseHeader(part(base.text)[0]).map(({ raw }) => [keyOf(raw), raw]),
  );
  return inHeader((header) =>
    parseHeader(header.replaceAll("\r\n", "\n"))
      .map(({ raw }) => `${signed.get(keyOf(raw)) ?? raw}\n`).join("")
  )(text, base);
}

/** Puts the body as it was signed if the canonicalization sees no difference. */
function withBodyAsSigned(text: string, base: Base): string {
  const normalize = BODIES[base.way.canonicalization.split("/").at(-1)!]!;
  const [header, rest] = part(text);
  const [, signed] = part(base.text);
  return normalize(rest.replaceAll("\r\n", "\n")) === normalize(signed)
    ? header + signed
    : text;
}

/** Drops fields of names that are not in the header that was signed. */
function withoutUnlisted(text: string, base: Base): string {
  const listed = parseHeader(part(base.text)[0]);
  const [header, rest] = part(text);
  const fields = parseHeader(header).filter(({ name }) =>
    name === "" || listed.some((field) => isNamed(field, name))
  );
  return fields.map(({ raw }) => `${raw}\n`).join("") + rest;
}
