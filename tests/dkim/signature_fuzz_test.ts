// parseDkimSignature() on whatever a sender may write.

import { parseDkimSignature } from "../../lib/dkim/signature.ts";
import { parseHeader } from "../../lib/message/header.ts";
import { fuzz } from "../support/fuzz.ts";

const TAGS = "v=1; a=rsa-sha256; d=d; s=s; h=from; bh=AAAA; b=AAAA";

fuzz({
  name: "parseDkimSignature",
  // As in a message: the field ends where its folds do.
  parse: (value) =>
    parseHeader(`DKIM-Signature:${value}\n`).map(parseDkimSignature),
  seeds: [
    " v=1; a=rsa-sha256; c=relaxed/simple; d=example.com;\n\ts=default; t=1; x=2; l=3; i=@example.com; q=dns/txt;\n\th=From:To; bh=AAAA; b=QUJD\n\tREVG",
    "b=AAAA; bh=QUJD; h=from; s=s; d=d; a=ed25519-sha256; v=1",
  ],
  frames: [
    [TAGS, ""],
    [`${TAGS}; i=@`, "d"],
    [`${TAGS}; q=`, "dns/txt"],
    [`${TAGS}; c=relaxed/`, ""],
    [TAGS.slice(0, -4), "AAAA"],
    ["v=1; a=rsa-sha256; s=s; h=from; bh=AAAA; b=AAAA; d=", "d"],
    ["v=1; a=rsa-sha256; d=d; s=s; bh=AAAA; b=AAAA; h=from:", "x"],
  ],
}, 104);
