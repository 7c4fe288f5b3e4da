// parseDomainKeysSignature() on whatever a sender may write.

import { parseDomainKeysSignature } from "../../lib/domainkeys/signature.ts";
import { parseHeader } from "../../lib/message/header.ts";
import { fuzz } from "../support/fuzz.ts";

fuzz({
  name: "parseDomainKeysSignature",
  // As in a message: the field ends where its folds do.
  parse: (value) =>
    parseHeader(`DomainKey-Signature:${value}\n`).map(parseDomainKeysSignature),
  seeds: [
    " a=rsa-sha1; q=dns; c=nofws;\n\ts=default; d=example.com;\n\th=From:To; b=QUJD\n\tREVG",
    "b=AAAA; d=d; s=s; c=simple",
  ],
  frames: [
    ["c=nofws; d=d; s=s; b=AAAA", ""],
    ["c=nofws; d=d; s=s; b=AAAA; h=from:", ":to"],
    ["c=nofws; s=s; b=AAAA; d=", "d"],
  ],
}, 105);
