// Line ends of a whole message, or of one line. A mutation of it is the last one: others look for LF.

import { headerEnd, type Mutations, replaceOne, splice } from "./edits.ts";

const ENDS = ["\r\n", "\r", "\r\r\n", "\n\r", "\0\n", "\r\n\r", "\v", "\x85\n"];

export const LINE_END_MUTATIONS: Mutations = {
  "CRLF": (text) => text.replaceAll("\n", "\r\n"),
  "CRLF as well": (text) => text.replaceAll("\n", "\r\n"),
  "CR CR LF": (text) => text.replaceAll("\n", "\r\r\n"),
  "CR": (text) => text.replaceAll("\n", "\r"),
  "LF and CRLF mixed": (text, random) =>
    text.replace(/\n/g, () => random.pick(["\n", "\r\n"])),
  "CRLF in the header": (text) => {
    const end = headerEnd(text);
    return text.slice(0, end).replaceAll("\n", "\r\n") + text.slice(end);
  },
  "CRLF in the body": (text) => {
    const end = headerEnd(text);
    return text.slice(0, end) + text.slice(end).replaceAll("\n", "\r\n");
  },
  "CRLF for the empty line": (text) => {
    const end = headerEnd(text);
    return end < text.length ? splice(text, end, 1, "\r\n") : text;
  },
  "one line end in the header": (text, random) => {
    const end = headerEnd(text);
    return replaceOne(
      text.slice(0, end),
      /\n/g,
      random,
      () => random.pick(ENDS),
    ) + text.slice(end);
  },
  "one line end": (text, random) =>
    replaceOne(text, /\n/g, random, () => random.pick(ENDS)),
  "one line end in CRLF": (text, random) =>
    replaceOne(
      text.replaceAll("\n", "\r\n"),
      /\r\n/g,
      random,
      () => random.pick(["\n", ...ENDS]),
    ),
};
