// Signatures over messages of every shape, in every canonicalization, are right to verifiers that share
// nothing with this project, and the message is as it was.

import { assertEquals } from "@std/assert";
import { MAIL } from "../support/mail.ts";
import { Site } from "../support/site.ts";
import { sign } from "../support/rich_mail.ts";

const HEADER = MAIL.slice(0, MAIL.indexOf("\n\n") + 1);
const ALL_BYTES = String.fromCharCode(...Array(256).keys());

const SHAPES = [
  { name: "LF line ends", message: MAIL },
  { name: "CRLF line ends", message: MAIL.replaceAll("\n", "\r\n") },
  { name: "LF and CRLF mixed", message: `${HEADER}\r\n\na\r\nb\nc\r\n\r\n` },
  { name: "no body", message: `${HEADER}\n` },
  { name: "no blank line", message: HEADER },
  { name: "no blank line and no final newline", message: HEADER.trimEnd() },
  { name: "no final newline", message: `${HEADER}\nHello\nBob` },
  { name: "a CR at the very end", message: `${HEADER}\nHello\nBob\r\n` },
  { name: "a body of empty lines", message: `${HEADER}\n\n\n\n\n` },
  { name: "empty lines at the end", message: `${MAIL}\n\r\n\n` },
  { name: "blanks at the ends of lines", message: `${HEADER}\na \t\n \n\t\n` },
  { name: "blanks inside of lines", message: `${HEADER}\n a  b\tc \t d\n` },
  {
    name: "8-bit bytes",
    message: `${HEADER.replace("Ann", "Zo\xeb")}\n\xe9\xff\x80\n`,
  },
  { name: "NUL bytes", message: `${HEADER}\n\0a\0\0\n\0` },
  {
    name: "every byte",
    message: `${HEADER}\n${ALL_BYTES.replace("\r", "")}\n`,
  },
  {
    name: "folded fields",
    message:
      `X: a\n\t b\n   c\n${HEADER}References: <a@b>\n\t<c@d>\n \t\n\nx\n`,
  },
  {
    name: "fields that occur twice",
    message: `Received: a\nCc: c@d\n${HEADER}Received: b\nCc: e@f\n\nx\n`,
  },
  {
    name: "blanks before a colon",
    message: HEADER.replace("Subject:", "Subject \t:") + "\nx\n",
  },
  { name: "a line of 100000 bytes", message: `${MAIL}${"x ".repeat(5e4)}\n` },
  { name: "a dot alone on a line", message: `${MAIL}.\n..\n` },
];

const CANONICALIZATIONS = [
  { dkim: "r", domainKeys: "nofws", c: "relaxed/relaxed" },
  { dkim: "s", domainKeys: "simple", c: "simple/simple" },
  { dkim: "t", domainKeys: "nofws", c: "relaxed/simple" },
  { dkim: "u", domainKeys: "simple", c: "simple/relaxed" },
];

for (const { name, message } of SHAPES) {
  Deno.test(`\`SignPass\` signs a message with ${name}`, async () => {
    await using site = await Site.open();
    for (const { dkim, domainKeys, c } of CANONICALIZATIONS) {
      const tags = await sign(site, {
        DKIMSIGNOPTIONS: `-c ${dkim}`,
        DKSIGNOPTIONS: `-c ${domainKeys}`,
      }, message);
      assertEquals(tags.dkim?.get("c"), c);
      assertEquals(tags.domainKeys?.get("c"), domainKeys);
    }
  });
}
