// Messages of the kinds that pass through a server: with parts, from lists, from machines. Octet
// strings, LF line ends.

import type { Message } from "./message.ts";

const USUAL = "To: bob@example.net\nDate: Thu, 1 Jan 2026 12:00:00 +0000\n" +
  "Message-ID: <1@example.com>\nMIME-Version: 1.0\n";
const FROM = "From: Alice Example <alice@example.com>\n" + USUAL;
const FROM_DAEMON = "From: MAILER-DAEMON@example.com\n" + USUAL;

/** Base64 as mailers write it. */
const BASE64 =
  `${"VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIGl0LiBUaGUgcXVp".repeat(20)}==`
    .replace(/.{76}/g, "$&\n") + "\n";

const LIST = "Precedence: list\nList-Id: Talk <talk.lists.example.com>\n" +
  "List-Post: <mailto:talk@lists.example.com>\n" +
  "List-Help: <mailto:talk-help@lists.example.com>\n" +
  "List-Unsubscribe: <https://lists.example.com/u?a=b;c=d>,\n" +
  "\t<mailto:talk-unsubscribe@lists.example.com>\n" +
  "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n" +
  "List-Archive: <https://lists.example.com/talk>\n" +
  "Sender: talk-bounces@lists.example.com\n";

/** Parts between boundaries. */
function multipart(type: string, boundary: string, parts: string[]): string {
  return `Content-Type: multipart/${type};\n\tboundary="${boundary}"\n\n` +
    parts.map((part) => `--${boundary}\n${part}\n`).join("") +
    `--${boundary}--\n`;
}

const PLAIN = "Content-Type: text/plain; charset=utf-8\n" +
  "Content-Transfer-Encoding: 8bit\n\nGr\xc3\xbc\xc3\x9fe\n";
const HTML = "Content-Type: text/html; charset=us-ascii\n" +
  'Content-Transfer-Encoding: quoted-printable\n\n<p style=3D"a">Hello=\n Bob=20\n</p>\n';
const FILE = "Content-Type: application/octet-stream; name=x.bin\n" +
  "Content-Disposition: attachment;\n filename=x.bin\n" +
  `Content-Transfer-Encoding: base64\n\n${BASE64}`;
const FORWARDED = "Content-Type: message/rfc822\n\n" +
  "From: carl@example.org\nSubject: inside\n\nI wrote this.\n";

export const REAL_MESSAGES: Message[] = Object.entries({
  "multipart/alternative": FROM + "Subject: two forms\n" +
    multipart("alternative", "=_a", [PLAIN, HTML]),
  "multipart/mixed": FROM + "Subject: with a file\n" +
    multipart("mixed", "----=_b", [PLAIN, FILE]),
  "parts in parts": FROM + "Subject: nested\n" +
    multipart("mixed", "outer", [
      multipart("alternative", "inner", [PLAIN, HTML]),
      FILE,
    ]),
  "a preamble and an epilogue": FROM + "Subject: around\n" +
    multipart("mixed", "=_c", [PLAIN]).replace(
      "\n\n--",
      "\n\nThis has many parts.\n\n--",
    ) + "\nThe end.  \n\n",
  "a forwarded message": FROM + "Subject: Fwd: inside\n" +
    multipart("mixed", "=_d", [PLAIN, FORWARDED]),
  "quoted-printable": FROM + "Subject: =?utf-8?q?caf=C3=A9?=\n" +
    "Content-Type: text/plain; charset=utf-8\n" +
    "Content-Transfer-Encoding: quoted-printable\n\nCaf=C3=A9 =\nau lait=20\n",
  "format=flowed": FROM + "Subject: flowed\n" +
    "Content-Type: text/plain; format=flowed\n\nThis goes \non and \non.\n \nEnd\n",
  "a post to a list":
    "Received: from a by b; Thu, 1 Jan 2026 12:00:00 +0000\n" +
    LIST + FROM + "Subject: [talk] Hello\nReply-To: talk@lists.example.com\n" +
    "\nHello all\n_______________\ntalk mailing list\n",
  "a digest of a list": LIST + FROM + "Subject: talk Digest, Vol 1\n" +
    multipart("digest", "=_e", [FORWARDED, FORWARDED]),
  "a bounce": FROM_DAEMON + "Subject: failure notice\n\n" +
    "Hi. This is the qmail-send program at example.com.\n\n<bob@example.net>:\n" +
    "Sorry, no mailbox here by that name. (#5.1.1)\n\n" +
    "--- Below this line is a copy of the message.\n\nReturn-Path: <x@example.com>\n\nx\n",
  "a delivery status notification": FROM_DAEMON + "Subject: Undelivered\n" +
    multipart("report; report-type=delivery-status", "=_f", [
      PLAIN,
      "Content-Type: message/delivery-status\n\nReporting-MTA: dns; a.example.com\n\n" +
      "Final-Recipient: rfc822; bob@example.net\nAction: failed\nStatus: 5.1.1\n",
      FORWARDED,
    ]),
  "a vacation notice": FROM + "Subject: Re: x\nAuto-Submitted: auto-replied\n" +
    "In-Reply-To: <9@example.net>\nReferences: <8@example.net>\n\t<9@example.net>\n" +
    "\nI am away.\n",
  "mail of cron":
    "From: root@example.com (Cron Daemon)\nTo: root@example.com\n" +
    "Subject: Cron <root@a> test -x /x && ( cd / ; run-parts /y )\n" +
    "X-Cron-Env: <SHELL=/bin/sh>\n\n/y/z:\n\tdone\n",
  "a patch": FROM + "Subject: [PATCH 1/2] x: do y\n\n---\n a.c | 2 +-\n\n" +
    "--- a/a.c\n+++ b/a.c\n@@ -1 +1 @@\n-\tx  \n+\ty\n \n-- \n2.39.5\n\n",
  "a clearsigned message": FROM + "Subject: signed\n\n" +
    "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n- -- \nAlice\n" +
    `-----BEGIN PGP SIGNATURE-----\n\n${BASE64}-----END PGP SIGNATURE-----\n`,
  "an invitation": FROM + "Subject: Meeting\n" +
    "Content-Type: text/calendar; method=REQUEST\n\n" +
    "BEGIN:VCALENDAR\nDTSTART;TZID=Europe/Berlin:20260101T120000\n" +
    "DESCRIPTION:Lines\n  folded\n with blanks\nEND:VCALENDAR\n",
}).map(([name, text]) => ({ name, text }));
