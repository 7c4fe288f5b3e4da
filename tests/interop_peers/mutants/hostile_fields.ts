// Fields that somebody adds to a signed message to have it shown otherwise, and the spellings in
// which one reader takes a line for a field and another does not. Octet strings, LF line ends.

import type { Random } from "../../support/random.ts";

const VALUES: Record<string, readonly string[]> = {
  "From": [
    "Mallory <mallory@example.org>",
    "mallory@example.org, alice@example.com",
    "",
  ],
  "Subject": ["pay at once", "=?utf-8?q?pay?=", ""],
  "Date": ["Fri, 2 Jan 2026 12:00:00 +0000", ""],
  "Content-Type": [
    "text/html",
    "text/plain; charset=utf-16",
    "text/plain; charset=utf-7",
    'multipart/mixed; boundary="x"',
    "multipart/mixed; boundary==_a",
    "application/octet-stream",
    "message/rfc822",
    "",
  ],
  "Content-Transfer-Encoding": ["base64", "quoted-printable", "x-uuencode", ""],
  "MIME-Version": ["1.0", "2.0", ""],
  "Sender": ["mallory@example.org", "alice@example.com"],
  "Reply-To": ["mallory@example.org"],
  "To": ["mallory@example.org"],
  "DKIM-Signature": [
    "v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=x;\n\th=From:Subject; " +
    "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA",
    "v=1",
    "",
  ],
  "DomainKey-Signature": [
    "a=rsa-sha1; q=dns; c=nofws; d=example.org; s=x; b=AAAA",
    "",
  ],
  "Authentication-Results": ["mx.example.com; dkim=pass header.d=example.org"],
  "Received": ["from a by b; Thu, 1 Jan 2026 12:00:00 +0000"],
  "Resent-From": ["mallory@example.org"],
  "Resent-Subject": ["pay at once"],
  "List-Id": ["<x.example.org>"],
  "X-Note": ["one", "one\n two", "\n two", "a\n \n\tb", "\xff\xfe", ""],
};

const NAMES = Object.keys(VALUES);

/** What a name may have around it, or in it. */
const SPELLINGS: readonly ((name: string) => string)[] = [
  (name) => name.toLowerCase(),
  (name) => name.toUpperCase(),
  (name) => `${name} `,
  (name) => `${name}\t `,
  (name) => `${name}\n `,
  (name) => ` ${name}`,
  (name) => `\t${name}`,
  (name) => `${name}\0`,
  (name) => `\0${name}`,
  (name) => `${name}\r`,
  (name) => `\r${name}`,
  (name) => `${name}\v`,
  (name) => `\f${name}`,
  (name) => `${name}\xa0`,
  (name) => `${name}\xc2\xad`,
  (name) => `\xef\xbb\xbf${name}`,
  (name) => `=?utf-8?q?${name}?=`,
  (name) => `${name} x`,
  (name) => `>${name}`,
  (name) => `:${name}`,
  (name) => `${name}:`,
  (name) => `(${name})`,
  (name) => `X-A: b\r${name}`,
  (name) => `X-A: b\r\r\n${name}`,
  (name) => `X-A: b\n\r${name}`,
  (name) => `X-A: b\0\n${name}`,
  (name) => `X-A: b\v${name}`,
  (name) => `X-A: b\f${name}`,
  (name) => `X-A: b\x1c${name}`,
  (name) => `X-A: b\x85${name}`,
  (name) => `X-A: b\xe2\x80\xa8${name}`,
  (name) => `X-A : b\n${name}`,
  (name) => `X-A\n${name}`,
  (name) => `X-A: b\n \n${name}`,
];

/** Lines that no field is. */
const OTHER_LINES: readonly string[] = [
  "",
  " ",
  "\t",
  "\r",
  "\0",
  "\v",
  "\f",
  ":",
  ": x",
  " :",
  "word",
  "two words",
  "two words: x",
  "--=_a",
  "--=_a--",
  "From alice Thu Jan  1 12:00:00 2026",
  ">From alice Thu Jan  1 12:00:00 2026",
  "From : x",
  "\xff",
  "\xc3\xbc: x",
  " continued",
  "\tfrom: x",
  ".",
];

/** One field, or more, with their last line end. */
export function makeField(random: Random): string {
  const name = random.pick(NAMES);
  const spelt = random.oneIn(2) ? name : random.pick(SPELLINGS)(name);
  const colon = random.pick([": ", ": ", ":", ":\t", ":\n ", " : "]);
  return `${spelt}${colon}${random.pick(VALUES[name]!)}\n`;
}

/** One line that is no field, or is one by chance. */
export function makeLine(random: Random): string {
  return `${random.pick(OTHER_LINES)}\n`;
}
