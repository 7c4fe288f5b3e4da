// The parsers of lib/message/ on whatever a sender may write.

import { parseAddressList } from "../../lib/message/address.ts";
import { parseHeader } from "../../lib/message/header.ts";
import { parseTagList } from "../../lib/message/tag_list.ts";
import { fuzz } from "../support/fuzz.ts";

fuzz({
  name: "parseHeader",
  parse: parseHeader,
  seeds: [
    "From: Alice <alice@example.com>\nSubject: folded\n\tonce\nX-Empty:\n",
    "Received: from x (y [192.0.2.1])\n  by z; 23 Nov 2026 07:00:00 -0000\nFrom : a@b.c\njunk\n more\n",
  ],
  frames: [["", ""], ["A", ":"], ["A:", ""], ["A: b\n ", "c\n"]],
}, 101);

fuzz({
  name: "parseAddressList",
  parse: parseAddressList,
  seeds: [
    ' "Example, <Alice>" <alice@example.com>, (a (b) c) bob@[192.0.2.1]',
    ' Team One: "B \\" C".d@example.com, <@x.example,@y.example:e@example.net>;',
  ],
  frames: [["", ""], ['"', '" <a@b.c>'], ["a@b.c (", ")"], ["a@[", "]"]],
}, 102);

fuzz({
  name: "parseTagList",
  parse: parseTagList,
  seeds: [
    " v=1; a=rsa-sha256; d=example.com;\n\th=from:to; bh=AAAA;\n\tb=QUJD\n\tREVG",
    "k=rsa; t=y; n=a note; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ==;",
  ],
  frames: [["", ""], ["a=b", "c"], ["a", "=b"], ["a=b;", ""]],
}, 103);
