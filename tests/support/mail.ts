// Messages for the tests, and what a program has put on top of one. Octet strings: each char is
// one byte. Holds whatever is added against the form that it must have.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import type { FilterResult } from "./queue.ts";

/** A message that everybody signs. */
export const MAIL = "From: Ann <ann@example.com>\n" +
  "To: bob@example.net\n" +
  "Subject: the first\n" +
  "Date: Thu, 1 Jan 2026 12:00:00 +0000\n" +
  "Message-ID: <1@example.com>\n" +
  "\n" +
  "Hello Bob\n";

/** {@linkcode MAIL} from another domain. */
export function mailFrom(domain: string): Uint8Array {
  return toBytes(MAIL.replace("ann@example.com", `ann@${domain}`));
}

/** An octet string as bytes. */
export function toBytes(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Array.from(text, (char) => char.charCodeAt(0)));
}

/** Bytes as an octet string. */
export function toText(bytes: Uint8Array): string {
  // What the runtime's TextDecoder calls latin1 is windows-1252.
  return Buffer.from(bytes).toString("latin1");
}

/** Header and body of a size, lines of 76 characters that repeat after 256 KiB. */
export function largeMail(size: number): Uint8Array<ArrayBuffer> {
  const line = (n: number) => `${n}`.padStart(75, "abcdefghij ") + "\n";
  const block = toBytes(
    Array.from({ length: 3450 }, (_, n) => line(n)).join(""),
  );
  const mail = new Uint8Array(size);
  mail.set(toBytes(MAIL));
  for (let at = MAIL.length; at < size; at += block.length) {
    mail.set(block.subarray(0, size - at), at);
  }
  return mail;
}

/** A field that was put on top of a message. */
export interface AddedField {
  name: string;
  /** With its line ends inside, without the last one. */
  raw: string;
  /** Tags in their order, values without any white space. */
  tags: Map<string, string>;
}

/**
 * What has been put on top of a message.
 *
 * @throws If the message after it is not byte for byte the same, or if what is added breaks
 * a rule: lines of at most 78 bytes, folded by LF and a tab, no CR.
 */
export function addedFields(
  message: Uint8Array,
  queued: Uint8Array,
): AddedField[] {
  const length = queued.length - message.length;
  assert(length >= 0, `${-length} bytes are missing`);
  assert(
    equalBytes(queued.subarray(length), message),
    "the message has been changed",
  );
  const newFields = toText(queued.subarray(0, length));
  if (newFields === "") return [];
  assert(newFields.endsWith("\n"), "what is added does not end in LF");
  const lines = newFields.slice(0, -1).split("\n");
  for (const line of lines) {
    assertMatch(line, /^(\t|[A-Za-z-]+: )[\x20-\x7e]+$/);
    assert(line.length <= 78, `a line of ${line.length} bytes: ${line}`);
  }
  return newFields.slice(0, -1).split(/\n(?!\t)/).map((raw) => {
    const colon = raw.indexOf(":");
    const words = raw.slice(colon + 1).replace(/\s/g, "").split(";");
    const tags = new Map(words.map((word): [string, string] => {
      const equals = word.indexOf("=");
      return [word.slice(0, equals), word.slice(equals + 1)];
    }));
    return { name: raw.slice(0, colon), raw, tags };
  });
}

/** A filter's own message came through: exit 0, one line on fd 2, the fields on top. */
export function fieldsOf(
  message: Uint8Array,
  { code, signal, stderr, queued }: FilterResult,
): AddedField[] {
  assertEquals([code, signal, queued?.pid! > 0], [0, null, true], stderr);
  assertMatch(stderr, /^[a-z-]+: [ -~]+\n$/);
  return addedFields(message, queued!.message);
}

/** Nothing has been started, the exit code says why, and so does one line on fd 2. */
export function assertRefused(result: FilterResult, code: number): void {
  const { signal, stderr, reached } = result;
  assertEquals([result.code, signal, reached], [code, null, false], stderr);
  assertMatch(
    stderr,
    new RegExp(`^[a-z-]+: failed exit=${code} reason=[ -~]+\n$`),
  );
}

/** Compares without telling, for what is too large to print. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b);
}
