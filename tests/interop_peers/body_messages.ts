// Messages whose body is what matters. Octet strings, LF line ends; the header is the same in all
// of them.

import { USUAL } from "./header_messages.ts";
import type { Message } from "./message.ts";

/** What follows the header, the empty line included. */
const BODIES: Record<string, string> = {
  "no empty line": "",
  "an empty body": "\n",
  "a body of one empty line": "\n\n",
  "a body of five empty lines": "\n\n\n\n\n\n",
  "a body of blanks": "\n  \t \n",
  "a body of lines of blanks": "\n \n\t\n  \n",
  "one octet": "\nx\n",
  "one octet and no final newline": "\nx",
  "no final newline": "\nHello\nBob",
  "no final newline after blanks": "\nHello \t",
  "blanks without a newline at the end": "\nHello\n \t",
  "an empty line first": "\n\nHello\n",
  "five empty lines first": "\n\n\n\n\n\nHello\n",
  "empty lines at the end": "\nHello\n\n\n\n",
  "lines of blanks at the end": "\nHello\n \n\t\n\n \n",
  "empty lines between paragraphs": "\nOne.\n\nTwo.\n\n\nThree.\n",
  "lines of blanks between paragraphs": "\nOne.\n \nTwo.\n\t\n \nThree.\n",
  "blanks at the end of lines": "\nHello \nBob\t\nand \t \nall\n",
  "blanks at the start of lines": "\n Hello\n\tBob\n \t and all\n",
  "runs of blanks in lines": "\nHello  Bob\t\tand \t all\n",
  "dots": "\n.\n..\nHello.\n.\n",
  "lines that begin with From": "\nFrom here to there\n>From me\nFrom: you\n",
  "lines like a header": "\nSubject: x\nDKIM-Signature: v=1\n\nHello\n",
  "a signature of two hyphens": "\nHello\n\n-- \nAlice\n",
  "a line of 998 octets": `\n${"x".repeat(998)}\n`,
  "a line of 20000 octets": `\n${"words and  blanks ".repeat(1200)}\nend\n`,
  "a line of 3000 blanks": `\nHello${" ".repeat(3000)}Bob\n`,
  "a thousand empty lines": `\nHello${"\n".repeat(1000)}Bob\n`,
  "100 KB": `\n${"The quick brown fox jumps over it.\n".repeat(3000)}`,
  "UTF-8":
    "\nGr\xc3\xbc\xc3\x9fe aus K\xc3\xb6ln\net voil\xc3\xa0\n\xe2\x82\xac\n",
  "Latin-1": "\nGr\xfc\xdfe\xa0aus K\xf6ln\xa0\n\xa0\n\x85\n",
  "every octet over 127": "\n" +
    Array.from({ length: 128 }, (_, n) => String.fromCharCode(128 + n)).join(
      "",
    ) + "\n",
  "form feeds and vertical tabs": "\nHello\f\nBob\v\n\f\n\v\n",
  "NUL octets": "\nHello\0Bob\0\n\0\n",
};

export const BODY_MESSAGES: Message[] = Object.entries(BODIES).map(
  ([name, body]) => ({ name: `body: ${name}`, text: USUAL + body }),
);
