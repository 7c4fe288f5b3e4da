// Messages whose header is what matters. Octet strings, LF line ends; the body is the same short
// one in all of them.

import type { Message } from "./message.ts";

const FROM = "From: Alice Example <alice@example.com>\n";
const TO = "To: bob@example.net\n";
const SUBJECT = "Subject: the usual\n";
const DATE = "Date: Thu, 1 Jan 2026 12:00:00 +0000\n";
const ID = "Message-ID: <1@example.com>\n";

/** Header fields that everybody has. */
export const USUAL = FROM + TO + SUBJECT + DATE + ID;

const RECEIVED = "Received: from a.example.org (a.example.org [192.0.2.1])\n" +
  "\tby mx.example.com with SMTP; Thu, 1 Jan 2026 12:00:00 +0000\n";
const OTHER_DKIM =
  "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=x;\n" +
  "\th=From:Subject; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\n";
const OTHER_DOMAINKEY =
  "DomainKey-Signature: a=rsa-sha1; q=dns; c=nofws; d=example.org; s=x; b=AAAA\n";

/** All but the subject, with this one. */
function withSubject(subject: string): string {
  return FROM + TO + subject + DATE + ID;
}

/** All but the author, with this one. */
function withFrom(from: string): string {
  return from + TO + SUBJECT + DATE + ID;
}

const HEADERS: Record<string, string> = {
  "plain": USUAL,
  "only From": FROM,
  "folded with a tab": withSubject("Subject: one\n\ttwo\n\tthree\n"),
  "folded with spaces": withSubject("Subject: one\n   two\n     three\n"),
  "folded with both": withSubject("Subject: one \n \t two\t\n\t three\n"),
  "folded right after the colon": withSubject("Subject:\n one\n"),
  "a continuation of blanks alone": withSubject("Subject: one\n \t\n two\n"),
  "a tab after the colon": withSubject("Subject:\tthe usual\n"),
  "tabs inside a value": withSubject("Subject: a\tb\t\tc\n"),
  "no blank after the colon": USUAL.replaceAll(": ", ":"),
  "many blanks after the colon": USUAL.replaceAll(": ", ":    "),
  "blanks at the end of fields": USUAL.replaceAll("\n", " \t \n"),
  "runs of blanks": withSubject("Subject: a  b   c    d\n"),
  "a blank before a colon": withSubject("Subject : the usual\n"),
  "an empty Subject": withSubject("Subject:\n"),
  "a Subject of blanks": withSubject("Subject: \t \n"),
  "names in upper case": USUAL.replace(
    /^[\w-]+:/gm,
    (name) => name.toUpperCase(),
  ),
  "names in lower case": USUAL.replace(
    /^[\w-]+:/gm,
    (name) => name.toLowerCase(),
  ),
  "fields in another order": ID + DATE + SUBJECT + TO + FROM,
  "trace fields on top": RECEIVED + RECEIVED + USUAL,
  "twenty Received": RECEIVED.repeat(20) + USUAL,
  "Return-Path and Delivered-To":
    "Return-Path: <alice@example.com>\nDelivered-To: bob@example.net\n" + USUAL,
  "two Cc": USUAL + "Cc: carl@example.net\nCc: dora@example.net\n",
  "three To apart": TO + FROM + TO + SUBJECT + DATE + TO + ID,
  "two Subject": USUAL + "Subject: another one\n",
  "two Date": USUAL + DATE,
  "two equal Reply-To": USUAL + "Reply-To: <a@example.com>\n".repeat(2),
  "two Comments and Keywords": "Comments: a\nKeywords: b\n" + USUAL +
    "Keywords: c\nComments: d\n",
  "fields with X-": "X-Spam: no\n" + USUAL + "X-Mailer: x\nX-Long: a\n\tb\n",
  "colons in values": withSubject("Subject: Re: AW: 12:30: x\n"),
  "a tag list in a value": withSubject("Subject: v=1; a=b; h=From:To; b=\n"),
  "a comma in a quoted name": withFrom(
    'From: "Example, Alice" <alice@example.com>\n',
  ),
  "a comment in From": withFrom("From: alice@example.com (Alice (A.) E.)\n"),
  "an address alone in From": withFrom("From: alice@example.com\n"),
  "a quoted local part": withFrom('From: "alice e"@example.com\n'),
  "From folded": withFrom("From: Alice\n\tExample\n\t<alice@example.com>\n"),
  "capitals in the domain": withFrom("From: Alice <alice@EXAMPLE.com>\n"),
  "a subdomain in From": withFrom("From: Alice <alice@mail.example.com>\n"),
  "a Sender": USUAL + "Sender: secretary@example.com\n",
  "a Sender in a subdomain": USUAL + "Sender: list@lists.example.com\n",
  "long References": USUAL + "In-Reply-To: <9@example.com>\nReferences:" +
    Array.from({ length: 40 }, (_, n) => `\n\t<${n}@example.com>`).join("") +
    "\n",
  "a line of 998 octets": withSubject(`Subject: ${"long ".repeat(197)}xy\n`),
  "a line of 5000 octets": withSubject(`Subject: ${"x".repeat(4991)}\n`),
  "encoded words": withFrom(
    "From: =?utf-8?q?Zo=C3=AB?= =?iso-8859-1?b?6A==?= <alice@example.com>\n",
  ),
  "UTF-8 in Subject": withSubject(
    "Subject: Gr\xc3\xbc\xc3\x9fe aus K\xc3\xb6ln\n",
  ),
  "UTF-8 that ends in A0": withSubject("Subject: et voil\xc3\xa0\n"),
  "UTF-8 with A0 before a blank": withSubject("Subject: \xc3\xa0 la carte\n"),
  "UTF-8 that ends in 85": withSubject("Subject: na\xc3\xaf \xc3\x85\n"),
  "Latin-1 in Subject": withSubject("Subject: Gr\xfc\xdfe, caf\xe9\n"),
  "UTF-8 in From": withFrom("From: Zo\xc3\xab <alice@example.com>\n"),
  "UTF-8 in a folded To": FROM +
    "To: Bj\xc3\xb6rn\n\t<bob@example.net>,\n\tZo\xc3\xab <z@example.net>\n" +
    SUBJECT + DATE + ID,
  "Resent fields": "Resent-From: carl@example.com\n" +
    "Resent-To: dora@example.net\nResent-Date: Fri, 2 Jan 2026 12:00:00 +0000\n" +
    "Resent-Message-ID: <2@example.com>\n" + USUAL,
  "two blocks of Resent fields": "Resent-From: eve@example.com\n" +
    "Resent-To: fred@example.net\nResent-From: carl@example.com\n" +
    "Resent-To: dora@example.net\n" + USUAL,
  "another DKIM signature": OTHER_DKIM + USUAL,
  "another DomainKeys signature": OTHER_DOMAINKEY + USUAL,
  "results of others": "Authentication-Results: mx.example.org; dkim=pass\n" +
    "ARC-Seal: i=1; a=rsa-sha256; cv=none; d=example.org; s=x; b=AAAA\n" +
    RECEIVED + USUAL,
};

export const HEADER_MESSAGES: Message[] = Object.entries(HEADERS).map(
  ([name, header]) => ({ name, text: `${header}\nHello Bob.\n` }),
);
