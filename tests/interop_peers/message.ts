// The set of messages, each with a name, and the one octet of each that is changed to see that
// nobody is fooled. Octet strings: each char is one octet.

import { Random } from "../support/random.ts";
import { BODY_MESSAGES } from "./body_messages.ts";
import { HEADER_MESSAGES, USUAL } from "./header_messages.ts";
import { REAL_MESSAGES } from "./real_messages.ts";

/** What is signed. */
export interface Message {
  name: string;
  /** LF line ends. */
  text: string;
}

/** How lines end where a message is signed or verified: as in a queue, or as on the wire. */
export type Spelling = "LF" | "CRLF";

const SEED = 6376;
const PIECES = [
  "word",
  " ",
  "  ",
  "\t",
  ".",
  "=",
  ";",
  "\xc3\xa9",
  "\xe4",
  "-",
];

/** Folded fields and lines of blanks and words, as chance has it. */
function makeByChance(n: number): Message {
  const random = new Random(SEED + n);
  const fold = () => random.pick(["\n ", "\n\t", "\n  "]) + "f";
  const field = (name: string) =>
    `${name}:${random.text(PIECES, 1, 12)}${random.oneIn(2) ? fold() : ""}` +
    `${random.text(PIECES, 0, 6)}\n`;
  const names = [
    "Subject",
    "Comments",
    "Cc",
    "Keywords",
    "X-Chance",
    "List-Id",
  ];
  const fields = Array.from({ length: 8 }, () => field(random.pick(names)));
  const lines = random.text([...PIECES, "\n", "\n", "\n\n"], 10, 200) +
    random.pick(["\n", "\n\n", " \n", "\n\t\n"]);
  return {
    name: `by chance ${n}`,
    text: USUAL.replace(/^Subject.*\n/m, "") + fields.join("") + "\n" + lines,
  };
}

/** Every message of the set. */
export const MESSAGES: readonly Message[] = [
  ...HEADER_MESSAGES,
  ...BODY_MESSAGES,
  ...REAL_MESSAGES,
  ...Array.from({ length: 10 }, (_, n) => makeByChance(n + 1)),
];

/** The same text with such line ends. */
export function spell(text: string, spelling: Spelling): string {
  const lf = text.replaceAll("\r\n", "\n");
  return spelling === "LF" ? lf : lf.replaceAll("\n", "\r\n");
}

/** Where a letter is that every signature covers: in turn in the body, the last Subject, and From. */
const PLACES = [
  /\n\n[^]*?(?=[A-Za-z])/,
  /[^]*\nSubject *:[^A-Za-z\n]*/i,
  /(^|\n)From:[^A-Za-z]*/i,
];

/** Changes one octet that is signed. */
export function changeOneOctet({ text }: Message, n: number): string {
  const end = text.indexOf("\n\n");
  const header = end === -1 ? text : text.slice(0, end + 1);
  const [inBody, inSubject, inFrom] = PLACES.map((place, index) => {
    const found = place.exec(index === 0 ? text : header);
    const at = found === null ? -1 : found.index + found[0].length;
    return /[A-Za-z]/.test((index === 0 ? text : header)[at] ?? "") ? at : -1;
  });
  const wanted = [inBody, inSubject, inFrom][n % 3]!;
  const at = wanted === -1 ? inFrom! : wanted;
  const other = text[at] === "x" ? "y" : "x";
  return text.slice(0, at) + other + text.slice(at + 1);
}
