// Libraries that programs read mail with: Python's email package, and Perl's Email::MIME and
// Mail::Internet. Each is one process for all messages.

import { toOctets } from "../../../lib/message/octets.ts";
import { probe } from "../process.ts";
import { Talk } from "./talk.ts";
import type { View } from "./views.ts";

/** A program that reads messages. */
export interface Reader {
  /** With its version. */
  name: string;
  /** How the names of its ways of reading begin. */
  ways: RegExp;
  missing?: string;
  command: string[];
}

const HERE = import.meta.dirname;

async function find(
  name: string,
  ways: RegExp,
  command: string[],
): Promise<Reader> {
  return {
    ways,
    ...await probe(name, [...command, "--version"], /[\d.]+/),
    command,
  };
}

export const READERS: readonly Reader[] = [
  await find("Python email", /^Python email/, [
    "/usr/bin/python3",
    `${HERE}/reader.py`,
  ]),
  await find("Email::MIME", /^(?:Email::MIME|Mail::Internet)$/, [
    "/usr/bin/perl",
    `${HERE}/reader.pl`,
  ]),
];

/** The readers that are there, running. */
export interface Readers extends AsyncDisposable {
  /** What each shows of each message, by its name and its way of reading. */
  show(texts: string[]): Promise<Record<string, View>[]>;
}

/** Starts those that are there. */
export function openReaders(): Readers {
  const stack = new AsyncDisposableStack();
  const talks = READERS.filter(({ missing }) => missing === undefined)
    .map(({ command }) => stack.use(new Talk(command)));
  return {
    async show(texts) {
      const questions = texts.map((text) => ({
        message: toOctets(delivered(text)).toBase64(),
      }));
      const answers = await Promise.all(
        talks.map((talk) => talk.ask<Record<string, View>>(questions)),
      );
      return texts.map((_, n) =>
        Object.assign({}, ...answers.map((views) => views[n]))
      );
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Its last line is ended, as qmail-remote ends it on the wire. */
function delivered(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
