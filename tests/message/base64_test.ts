// decodeBase64(): base64 as tags hold it, and what is none.

import { assertEquals } from "@std/assert";
import { decodeBase64 } from "../../lib/message/base64.ts";
import { toText } from "../../lib/message/octets.ts";

const ROWS: Record<string, [text: string, octets: string | undefined]> = {
  "padded": ["QUJDRA==", "ABCD"],
  "without padding": ["QUJDRA", "ABCD"],
  "without need of padding": ["QUJD", "ABC"],
  "with white space anywhere": [" Q\n\tUJD\r\n RA =\t= ", "ABCD"],
  "of all 64 characters": [
    "+/09AZaz",
    "\xfb\xfd\x3d\x01\x96\xb3",
  ],
  "empty": ["", undefined],
  "of white space alone": [" \n\t", undefined],
  "of padding alone": ["====", undefined],
  "of one character": ["Q", undefined],
  "with one padding too few": ["QUJDRA=", undefined],
  "with padding in the middle": ["QUI=QUJD", undefined],
  "with more after its padding": ["QUJDRA==QUJDRA==", undefined],
  "with the characters of URLs": ["-_09", undefined],
  "with another character": ["QU*D", undefined],
  "with an octet that is not ASCII": ["QUJ\xe4", undefined],
};

for (const [name, [text, octets]] of Object.entries(ROWS)) {
  const does = octets === undefined ? "refuses what is" : "reads base64";
  Deno.test(`\`decodeBase64()\` ${does} ${name}`, () => {
    const decoded = decodeBase64(text);
    assertEquals(decoded && toText(decoded), octets);
  });
}
