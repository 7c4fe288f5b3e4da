// The signed messages that are mutated: small ones of every kind that a reader decodes, each
// signed in every way. Octet strings, LF line ends.

import { sign } from "../../../lib/api/sign.ts";
import { toOctets } from "../../../lib/message/octets.ts";
import { keyFor } from "../keys.ts";
import {
  CANONICALIZATION_LETTERS,
  DKIM_ED25519,
  DKIM_RSA,
  DOMAINKEYS,
  type Way,
} from "../peer.ts";

/** A message with one signature of ours on top. */
export interface Base {
  name: string;
  way: Way;
  text: string;
}

/** When all are signed, in seconds since 1970. */
const SIGNED_AT = 1_767_268_800;

const FROM = "From: Alice Example <alice@example.com>\n";
const REST = "To: bob@example.net\nDate: Thu, 1 Jan 2026 12:00:00 +0000\n";
const PLAIN = `${FROM}${REST}Subject: the usual\n`;
const MIME = `${PLAIN}MIME-Version: 1.0\n`;

function typed(type: string, encoding: string): string {
  return `${MIME}Content-Type: ${type}\nContent-Transfer-Encoding: ${encoding}\n`;
}

const TEXT = "Content-Type: text/plain; charset=utf-8\n" +
  "Content-Transfer-Encoding: 8bit\n\nGr\xc3\xbc\xc3\x9fe\n";
const HTML = "Content-Type: text/html; charset=us-ascii\n" +
  'Content-Transfer-Encoding: quoted-printable\n\n<p style=3D"a">Hello=\n Bob=20\n</p>\n';
const FORWARDED = "Content-Type: message/rfc822\n\n" +
  "From: carl@example.org\nSubject: inside\n\nI wrote this.\n";

function parts(type: string, all: string[]): string {
  return `${MIME}Content-Type: multipart/${type};\n\tboundary="=_a"\n\n` +
    all.map((part) => `--=_a\n${part}\n`).join("") + "--=_a--\n";
}

const TEXTS: Record<string, string> = {
  "without MIME": `${PLAIN}\nHello Bob.\n\nBye.\n`,
  "folded": `From: Alice\n\t"The" Example\n  <alice@example.com>\n${REST}` +
    "Subject: one  two\n\tthree\n   four\nMIME-Version: 1.0\n\nHello  Bob.\n",
  "8bit": `${
    typed("text/plain; charset=utf-8", "8bit")
  }\nGr\xc3\xbc\xc3\x9fe \n\nBob\n\n`,
  "8-bit Subject": `${FROM}${REST}Subject: Gr\xc3\xbc\xc3\x9fe\n\nHello.\n`,
  "encoded words": "From: =?utf-8?q?Zo=C3=AB?= =?utf-8?b?w6g=?= " +
    `<alice@example.com>\n${REST}Subject: =?utf-8?q?caf=C3=A9?=\n =?utf-8?q?_b?=\n\nHi.\n`,
  "quoted-printable": `${
    typed("text/plain; charset=utf-8", "quoted-printable")
  }\nCaf=C3=A9 =\nau lait=20\n`,
  "base64": `${
    typed("text/plain; charset=utf-8", "base64")
  }\nVGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIGl0Lg==\n`,
  "html": `${
    typed("text/html; charset=us-ascii", "7bit")
  }\n<p>Hello  Bob.</p>\n`,
  "alternative": parts("alternative", [TEXT, HTML]),
  "a preamble": parts("mixed", [TEXT, FORWARDED]).replace(
    "\n\n",
    "\n\nA preamble.\n",
  ),
  "a blank in the boundary": parts("mixed", [TEXT]).replaceAll("=_a", "= a"),
  "like a header": `${MIME}\nSubject: x\nFrom: you@example.org\n\nHello.\n`,
  "empty body": `${PLAIN}\n`,
  "no empty line": PLAIN,
  "from a list": "Received: from a by b; Thu, 1 Jan 2026 12:00:00 +0000\n" +
    `${MIME}Sender: talk-bounces@example.com\nList-Id: <talk.example.com>\n\nHello all.\n`,
  "a comment in From": `From: alice@example.com (Alice (A.) E.)\n${REST}` +
    "Subject: Re: x\nMessage-ID: <1@example.com>\n\n>From here\n.\n",
};

/** Every text, signed in every way. */
export async function signBases(): Promise<Base[]> {
  const ways = [...DKIM_RSA, ...DKIM_ED25519.slice(0, 1), ...DOMAINKEYS];
  const plans = Object.entries(TEXTS).flatMap(([name, text]) => [
    ...ways.map((way) => ({ name, text, way, letters: "" })),
    { name: `${name}, with l=`, text, way: DKIM_RSA[0]!, letters: "-l" },
    { name: `${name}, with i= and x=`, text, way: DKIM_RSA[3]!, letters: FULL },
  ]);
  return await Promise.all(plans.map(async ({ name, text, way, letters }) => ({
    name,
    way,
    text: await signWith(text, way, letters) + text,
  })));
}

const FULL = "-q -i alice@example.com -x 999999999";

/** With the defaults: what readers go by is signed once more than it occurs. */
async function signWith(
  text: string,
  way: Way,
  letters: string,
): Promise<string> {
  const { domain, selector, pem } = keyFor(way);
  const { scheme, canonicalization } = way;
  const letter = CANONICALIZATION_LETTERS[canonicalization] ?? canonicalization;
  const options = `-c ${letter} ${letters}`;
  return await sign(toOctets(text), {
    domain,
    selector,
    privateKey: pem,
    schemes: [scheme],
    ...(scheme === "dkim"
      ? { dkimOptions: options }
      : { domainKeysOptions: options }),
    now: SIGNED_AT,
  });
}
