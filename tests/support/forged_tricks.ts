// Ways to spell a field that some reader takes for one of ours, as header text with LF. Each is
// gone after our pass, but for what the last column keeps. Knows neither the pass nor any reader.

const NAME = "Authentication-Results";
const PASS = "dkim=pass header.d=example.org";

/** Header text that a host of this name has to take out, and what of it stays. */
export interface Trick {
  name: string;
  text: string;
  kept: string;
}

/** @param host The name that is forged: of three labels. */
export function tricksFor(host: string): Trick[] {
  return Object.entries(TRICKS).map(([name, make]) => {
    const made = make(host, `${host}; ${PASS}`);
    const [text, kept] = typeof made === "string" ? [made, ""] : made;
    return { name, text: `${text}\n`, kept };
  });
}

/** From a name and what follows it in a plain forged field to header text. */
type Make = (host: string, value: string) => string | [string, kept: string];

const utf8 = (text: string): string =>
  Array.from(
    new TextEncoder().encode(text),
    (octet) => String.fromCharCode(octet),
  ).join("");
const b64 = (octets: string): string => btoa(octets);
const q = (text: string, charset = "utf-8"): string =>
  `=?${charset}?q?${text.replaceAll(" ", "_").replaceAll("=", "=3D")}?=`;
/** Every second octet a NUL. */
const utf16 = (text: string, isBig: boolean): string =>
  text.replace(/[^]/g, (char) => isBig ? `\0${char}` : `${char}\0`);
const hex = (text: string): string =>
  text.replace(
    /[^]/g,
    (char) => `=${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
const results = (value: string): string => `${NAME}: ${value}`;
const after = (junk: string): Make => (host) =>
  results(`${host}${junk}; ${PASS}`);
const before = (junk: string): Make => (_, value) => results(junk + value);
const named = (name: string): Make => (_, value) => `${name}: ${value}`;
const halves = (host: string): [string, string] => [
  host.slice(0, 5),
  host.slice(5),
];

const TRICKS: Record<string, Make> = {
  "as it is": (_, value) => results(value),
  "in capitals": (_, value) => results(value).toUpperCase(),

  // RFC 2047.
  "in Q": (host) => results(`${q(host)}; ${PASS}`),
  "in Q, in capitals": (host) =>
    results(`=?UTF-8?Q?${host.toUpperCase()}?=; ${PASS}`),
  "in Q of digits": (host) => results(`=?utf-8?q?${hex(host)}?=; ${PASS}`),
  "in Q of US-ASCII": (host) => results(`${q(host, "us-ascii")}; ${PASS}`),
  "in Q of ISO-8859-1": (host) => results(`${q(host, "iso-8859-1")}; ${PASS}`),
  "in Q of Windows-1252": (host) =>
    results(`${q(host, "Windows-1252")}; ${PASS}`),
  "in Q with a language": (host) => results(`${q(host, "utf-8*en")}; ${PASS}`),
  "in Q with white space after it": (host) => results(`${q(host)} ; ${PASS}`),
  "in Q with a fold after it": (host) => results(`${q(host)}\n\t; ${PASS}`),
  "in Q with a space in it": (_, value) => results(`=?utf-8?q?${value}?=`),
  "in B": (host) => results(`=?utf-8?B?${b64(host)}?=; ${PASS}`),
  "in B without padding": (host) =>
    results(`=?utf-8?b?${b64(host).replaceAll("=", "")}?= ; ${PASS}`),
  "in B, whole": (_, value) => results(`=?utf-8?B?${b64(value)}?=`),
  "in Q, whole": (_, value) => results(q(value)),
  "in Q, with its comment": (_, value) => results(q(`(a) ${value}`)),
  "in Q, its comment alone": (_, value) => results(`${q("(a)")} ${value}`),
  "in Q, nothing before it": (_, value) => results(`=?utf-8?q??= ${value}`),
  "in Q, its first part": (host) =>
    results(`${q(halves(host)[0])}${halves(host)[1]}; ${PASS}`),
  "in two words": (host) =>
    results(`${q(halves(host)[0])} ${q(halves(host)[1])}; ${PASS}`),
  "in two words and a fold": (host) =>
    results(`${q(halves(host)[0])}\n ${q(halves(host)[1])}; ${PASS}`),
  "in two words without a space": (host) =>
    results(`${q(halves(host)[0])}${q(halves(host)[1])}; ${PASS}`),
  "in quotes and Q": (host) => results(`"${q(host)}"; ${PASS}`),
  "in Q of quotes": (host) => results(`${q(`"${host}"`)}; ${PASS}`),
  "in UTF-16": (host) =>
    results(`=?utf-16be?b?${b64(utf16(host, true))}?= ; ${PASS}`),
  "in UTF-16 of the other order": (host) =>
    results(`=?utf-16le?b?${b64(utf16(host, false))}?= ; ${PASS}`),
  "in UTF-7": (host) =>
    results(`${q(host.replace("m", "+AG0-"), "utf-7")}; ${PASS}`),
  "in EBCDIC": (host) => results(`=?cp037?q?${hex(toEbcdic(host))}?=; ${PASS}`),
  "in ISO-2022-JP": (host) =>
    results(`=?iso-2022-jp?q?=1B(J${host}=1B(B?=; ${PASS}`),
  "in a character set that there is not": (host) =>
    results(`${q(host, "x-none")}; ${PASS}`),

  // The field's name.
  "with a NUL after the name": named(`${NAME}\0`),
  "with a NUL and more after the name": named(`${NAME}\0junk`),
  "with a word after the name": named(`${NAME} x`),
  "with white space after the name": named(`${NAME} \t `),
  "with a VT after the name": named(`${NAME}\v`),
  "with an FF after the name": named(`${NAME}\f`),
  "with a CR after the name": named(`${NAME}\r`),
  "with a fold after the name": named(`${NAME}\n `),
  "with a no-break space after the name": named(`${NAME}\xc2\xa0`),
  "with a no-break space of Latin-1 after the name": named(`${NAME}\xa0`),
  "with a no-break space of Latin-1 before the name": named(`\xa0${NAME}`),
  "with a next line of Latin-1 before the name": named(`\x85${NAME}`),
  "with a no-break space before the name": named(`\xc2\xa0${NAME}`),
  "with a byte order mark before the name": named(`\xef\xbb\xbf${NAME}`),
  "with a NUL before the name": named(`\0${NAME}`),
  "with a VT before the name": named(`\v${NAME}`),
  "with an FF before the name": named(`\f${NAME}`),
  "with a CR before the name": named(`\r${NAME}`),
  "with a CR and a space before the name": named(`\r ${NAME}`),
  "with a NUL in the name": named("Authentication\0-Results"),
  "with a zero-width space in the name": named(
    "Authentication-\xe2\x80\x8bResults",
  ),

  // Line ends.
  "after a CR": (_, value) => [
    `X-A: b\r${results(value)}`,
    "X-A: b\n",
  ],
  "after a CR, before another": (_, value) => [
    `X-A: b\r${results(value)}\rX-B: c`,
    "X-A: b\n",
  ],
  "after CRs": (_, value) => [`X-A: b\r\r${results(value)}`, "X-A: b\r\n"],
  "after a CR in a fold": (_, value) => [
    `X-A: b\n c\r${results(value)}`,
    "X-A: b\n c\n",
  ],
  "after a CR in another host's": (_, value) => [
    `${NAME}: mx.example.org; none\r${results(value)}`,
    `${NAME}: mx.example.org; none\n`,
  ],
  "after a CR and the name": (_, value) => `${NAME}:\r${results(value)}`,
  "after a CR, with a fold": (host) => [
    `X-A: b\r${NAME}:\n ${host};\r ${PASS}`,
    "X-A: b\n",
  ],
  "after a VT": (
    _,
    value,
  ) => [`X-A: b\n\v\n${results(value)}`, "X-A: b\n\v\n"],
  "after a line of a CR": (_, value) => [
    `X-A: b\n\r\n${results(value)}`,
    "X-A: b\n\r\n",
  ],
  "after a line of two CRs": (_, value) => [
    `X-A: b\n\r\r\n${results(value)}`,
    "X-A: b\n\r\r\n",
  ],
  "after a line that is no field": (_, value) => [
    `nothing\n${results(value)}`,
    "nothing\n",
  ],
  "after a line of a space": (_, value) => [
    `X-A: b\n \n${results(value)}`,
    "X-A: b\n \n",
  ],
  "in a line that ends in two CRs": (_, value) => `${results(value)}\r\r`,
  "after a CR before the host": (_, value) => `${NAME}: \r${value}`,
  "after CRs and a fold": (_, value) => `${NAME}:\r\r ${value}\r`,

  // What nobody sees about the host.
  "with two dots at its end": after(".."),
  "with twenty dots at its end": after(".".repeat(20)),
  "with a no-break space after it": after("\xc2\xa0"),
  "with a no-break space of Latin-1 after it": after("\xa0"),
  "with a next line of Latin-1 after it": after("\x85"),
  "with a zero-width space after it": after("\xe2\x80\x8b"),
  "with a soft hyphen after it": after("\xc2\xad"),
  "with a byte order mark after it": after("\xef\xbb\xbf"),
  "with a NUL after it": after("\0"),
  "with a NUL and another host after it": after("\0.example.org"),
  "with a BEL after it": after("\x07"),
  "with a DEL after it": after("\x7f"),
  "with a VT after it": after("\v"),
  "with an FF and a version after it": after("\f1"),
  "with a no-break space and a version after it": after("\xc2\xa01"),
  "with half a char of UTF-8 after it": after("\xe2\x80"),
  "with a right-to-left mark after it": after(utf8("\u200f")),
  "with a line separator after it": after(utf8("\u2028")),
  "with a no-break space before it": before("\xc2\xa0"),
  "with a no-break space of Latin-1 before it": before("\xa0"),
  "with a zero-width space before it": before("\xe2\x80\x8b"),
  "with a byte order mark before it": before("\xef\xbb\xbf"),
  "with a NUL before it": before("\0"),
  "with a VT and an FF before it": before("\v\f"),
  "with an encoded no-break space before it": before("=?utf-8?q?=C2=A0?="),
  "with a soft hyphen in it": (_, value) =>
    results(value.replace("x", "x\xc2\xad")),
  "with a control character in it": (_, value) =>
    results(value.replace("exam", "exam\x01")),
  "with a CR in it": (_, value) => results(value.replace("exam", "exam\r")),
  "with a backslash in it": (_, value) =>
    results(value.replace("exam", "exam\\")),
  "with full-width letters": (_, value) =>
    results(value.replace("m", utf8("\uff4d"))),
  "with full-width dots": (_, value) =>
    results(value.replaceAll(".", utf8("\uff0e"))),
  "with ideographic dots": (_, value) =>
    results(value.replaceAll(".", utf8("\u3002"))),

  // RFC 5322.
  "after a comment": before("(a) "),
  "after a comment of a NUL": before("(\0) "),
  "after a comment and a fold": before("(a\n b)\n\t"),
  "after a comment of 4 KB": before(`(${"x\n ".repeat(1400)})`),
  "after folds": before("\n\t\n "),
  "in quotes": (host) => results(`"${host}"; ${PASS}`),
  "with some of it in quotes": (_, value) =>
    results(value.replace("example", '"example"')),
  "in quotes with a no-break space": (host) =>
    results(`"${host}\xc2\xa0"; ${PASS}`),
  "after empty quotes": before('""'),
  "with a version": after(" 1"),
  "with a port": after(":25"),
  "with a job": after("/ABC123"),
  "with comments at its dots": (_, value) =>
    results(value.replaceAll(".", "(a).(b)")),
};

/** Lower-case letters and dots in code page 37. */
function toEbcdic(text: string): string {
  const letters = "abcdefghi" + "jklmnopqr" + "stuvwxyz";
  return Array.from(text, (char) => {
    const at = letters.indexOf(char);
    if (at === -1) return "\x4b";
    const [first, offset] = at < 9
      ? [0x81, at]
      : at < 18
      ? [0x91, at - 9]
      : [0xa2, at - 18];
    return String.fromCharCode(first + offset);
  }).join("");
}
