// Encoded words as the most generous reader sees them.

import { assertEquals } from "@std/assert";
import {
  decodeEncodedWords,
  UNREADABLE,
} from "../../lib/message/encoded_words.ts";
import { fuzz } from "../support/fuzz.ts";

/** A NUL is at both ends of each word. */
const ROWS: Record<string, [text: string, decoded: string]> = {
  "no word": ["a =? b ?= c", "a =? b ?= c"],
  "UTF-8 without words": ["b\xc3\xbc", "bü"],
  "8-bit that is no UTF-8 as Latin-1": ["b\xfc\xc3\xbc", "b\xfc\xc3\xbc"],
  "Q": ["=?utf-8?q?a=20b_c=C3=BC?=", "\0a b cü\0"],
  "Q in capitals and in small digits": ["=?UTF-8?Q?=c3=bc?=", "\0ü\0"],
  "B": ["=?utf-8?B?YcO8?=", "\0aü\0"],
  "B without padding": ["=?utf-8?b?YQ?=", "\0a\0"],
  "a word of nothing": ["=?utf-8?q??==?utf-8?b??=", "\0\0\0\0"],
  "Latin-1": ["=?iso-8859-1?q?=FC?=", "\0ü\0"],
  "a character set of a number": ["=?iso-8859-7?q?=E1?=", "\0α\0"],
  "a language": ["=?us-ascii*en?q?a?=", "\0a\0"],
  "a word in a word": ["a=?utf-8?q?b?=c", "a\0b\0c"],
  "spaces in a word": ["=?utf-8?q?a b?=", "\0a b\0"],
  "two words without the space between": [
    "=?utf-8?q?a?= \r\n\t=?utf-8?q?b?= c",
    "\0a\0\0b\0 c",
  ],
  "two words with a letter between": [
    "=?utf-8?q?a?= x =?utf-8?q?b?=",
    "\0a\0 x \0b\0",
  ],
  "a word that does not end": ["=?utf-8?q?a", "=?utf-8?q?a"],
  "another encoding": ["=?utf-8?x?a?=", "=?utf-8?x?a?="],
  "an unknown character set": ["=?none?q?a?=", `\0${UNREADABLE}\0`],
  "a number of ISO 8859 that there is not": [
    "=?iso-8859-99?q?a?=",
    `\0${UNREADABLE}\0`,
  ],
  "no character set": ["=??q?a?=", `\0${UNREADABLE}\0`],
  "one in which ASCII is something else": [
    "=?utf-7?q?a?= =?utf-16?q?a?= =?iso-2022-jp?q?a?=",
    `\0${UNREADABLE}\0`.repeat(3),
  ],
  "Q that is none": ["=?utf-8?q?a=b?=", `\0${UNREADABLE}\0`],
  "B that is none": ["=?utf-8?b?Y*?=", `\0${UNREADABLE}\0`],
  "B that goes on after its padding": [
    "=?utf-8?b?YQ==YQ==?=",
    `\0${UNREADABLE}\0`,
  ],
};

for (const [name, [text, decoded]] of Object.entries(ROWS)) {
  Deno.test(`\`decodeEncodedWords()\` reads ${name}`, () => {
    assertEquals(decodeEncodedWords(text), decoded);
  });
}

Deno.test("`decodeEncodedWords()` decodes 64 words", () => {
  const word = "=?utf-8?q?a?=";
  const decoded = decodeEncodedWords(word.repeat(66));
  assertEquals(decoded, "\0a\0".repeat(64) + `\0${UNREADABLE}\0`.repeat(2));
});

fuzz({
  name: "decodeEncodedWords",
  parse: decodeEncodedWords,
  seeds: ["=?utf-8?q?a=20b?= \n =?iso-8859-1*en?b?YQ==?= c", "=?utf-7?q?a?="],
  frames: [["", ""], ["=?", "?="], ["=?utf-8?q?", "?="], ["=?utf-8?b?", "?="]],
}, 2047);
