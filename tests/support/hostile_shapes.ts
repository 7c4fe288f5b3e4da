// Messages and key records that are made to cost whoever verifies them: forty shapes, of any size.
// Knows no limit.

/** What comes, of about so many octets, and what DNS says of every name. */
export interface Shape {
  message(octets: number): string;
  records?(octets: number): string[];
}

const FROM = "From: a@example.com\n";
/** The beginning of a signature that is read to its end. */
const TAGS =
  "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s; h=From; bh=AAAA; b=AAAA";
const DK_TAGS =
  "DomainKey-Signature: a=rsa-sha1; c=nofws; d=example.com; s=s; b=AAAA";
const SIGNED = `${TAGS}\n${DK_TAGS}\n${FROM}`;
const OURS = "Authentication-Results: mx.example.com; ";

/** A text over and over, to so many octets. */
function fill(text: string, octets: number): string {
  return text.repeat(Math.ceil(octets / text.length));
}

/** A header with a part that grows, and a body of a line. */
function header(start: string, text: string, end = ""): Shape {
  return {
    message: (octets) => `${start}${fill(text, octets)}${end}\n${FROM}\nHi\n`,
  };
}

/** A signed message, whose From grows. */
function from(text: string, end = ""): Shape {
  return {
    message: (octets) =>
      `${TAGS}\n${DK_TAGS}\nFrom: ${fill(text, octets)}${end}\n\nHi\n`,
  };
}

/** A signed message, whose body grows. */
function body(text: string, tags = ""): Shape {
  return {
    message: (octets) =>
      SIGNED.replace("bh=AAAA", `bh=AAAA${tags}`) + "\n" + fill(text, octets),
  };
}

/** A signature with a tag that grows. */
function tag(start: string, text: string, end = ""): Shape {
  return header(`${TAGS}; ${start}`, text, end);
}

/** By what they are made of. */
export const SHAPES: Record<string, Shape> = {
  "From of dots": from("."),
  "From of open comments": from("("),
  "From of nested comments": from("(a", fill(")", 100)),
  "From of commas": from(","),
  "From of addresses": from("a@example.com, ", "a@example.com"),
  "From of open brackets": from("<"),
  "From of a quoted string that does not end": from('\\"', '"'),
  "From of groups": from("a:b@example.com;"),
  "From of literals": from("a@[1]"),
  "From of encoded words": from("=?utf-8?q?a@?= "),
  "From of 8-bit octets": from("\xc3\xbc@"),
  "a local part of one letter": from("a", "@example.com"),
  "fields of one letter": header(SIGNED, "a:\n"),
  "lines that are no field": header(SIGNED, "a\n"),
  "empty names": header(SIGNED, ":\n"),
  "one field in folds": header(`${SIGNED}X:`, "\n "),
  "a name that does not end": header(SIGNED, "a"),
  "white space before a colon": header(`${SIGNED}X`, " ", ":"),
  "bare CRs": header(`${SIGNED}X:`, "\r"),
  "NULs": header(`${SIGNED}X:`, "\0"),
  "signatures": header("", `${TAGS}\n`),
  "signatures of the original": header("", `${DK_TAGS}\n`),
  "tags": {
    message: (octets) =>
      `${TAGS}; ${
        Array.from({ length: octets / 7 }, (_, n) => `a${n}=;`).join("")
      }\n${FROM}\n`,
  },
  "equals signs": tag("y=", "="),
  "names in h=": header(`${TAGS.replace("h=From", "h=From:x")}`, ":x"),
  "names in h= of each field": {
    message: (octets) =>
      fill(`${TAGS.replace("h=From", `h=From${":a".repeat(999)}`)}\n`, 21_000) +
      `${fill("a:\n", octets - 21_000)}${FROM}\n`,
  },
  "base64 in b=": header(TAGS, "A"),
  "white space in b=": header(TAGS, " \n\t"),
  "quoted-printable in i=": tag("i=", "=41", "@example.com"),
  "at signs in i=": tag("i=", "@", "@example.com"),
  "labels in d=": header(TAGS.replace("d=", "d=a."), "a."),
  "U-labels in i=": tag("i=a@", "\xc3\xbc.", "example.com"),
  "a local part in i= for a granularity": {
    message: (octets) =>
      `${TAGS}; i=${fill("a", octets)}@example.com\n${FROM}\n`,
    records: () => [`v=DKIM1; g=*ab${"a".repeat(60_000)}*; p=AAAA`],
  },
  "names in the original's h=": header(`${DK_TAGS}; h=From`, ":x"),
  "results with empty quotes": header(
    "",
    `Authentication-Results: ${'""'.repeat(8000)}\n`,
  ),
  "results of ours": header("", `${OURS}dkim=pass\n`),
  "results in comments": header("Authentication-Results: ", "("),
  "results in encoded words": header(
    "Authentication-Results: ",
    "=?utf-8?q?mx?= ",
  ),
  "results after bare CRs": header("X: ", "\rAuthentication-Results: x"),
  "letters that begin like results": header("", "A\n"),
  "a header without an end": { message: (octets) => fill("a: b\n", octets) },
  "a body of line ends": body("\n"),
  "a body of spaces": body(" "),
  "a body of spaces at the ends of lines": body(" \n"),
  "a body of CRs": body("\r"),
  "a body of letters on lines": body("a\n"),
  "a body of one line": body("a"),
  "a body hashed in part": body("a\n", "; l=3"),
  "records": {
    message: () => `${SIGNED}\nHi\n`,
    records: (octets) => Array(Math.ceil(octets / 16)).fill("v=DKIM1; p=AAAA"),
  },
  "a record of semicolons": {
    message: () => `${SIGNED}\nHi\n`,
    records: (octets) => [`v=DKIM1; p=AAAA${fill(";", octets)}`],
  },
  "a record of stars": {
    message: () => `${SIGNED}\nHi\n`,
    records: (octets) => [`g=${fill("*a", octets)}; p=AAAA`],
  },
};
