// ARC fields by chance: nothing throws, nothing takes long, and no chance makes a good chain.
// FUZZ_FULL=1 asks for ten times as many.

import { assertEquals } from "@std/assert";
import { readChain } from "../../lib/arc/chain.ts";
import { parseArcMessageSignature } from "../../lib/arc/message_signature.ts";
import { parseArcResults } from "../../lib/arc/results_field.ts";
import { parseArcSeal } from "../../lib/arc/seal.ts";
import { dmarcPasses } from "../../lib/authres/author_domains.ts";
import { type HeaderField, parseHeader } from "../../lib/message/header.ts";
import { AAR, AMS, AS, sealTimes } from "../support/arc_sets.ts";
import { fuzz } from "../support/fuzz.ts";

const SEAL = "i=1; a=rsa-sha256; t=1; cv=none; d=d; s=s; b=AAAA";
const SIGNATURE = "i=1; a=rsa-sha256; d=d; s=s; h=from; bh=AAAA; b=AAAA";
const RESULTS = "i=1; mx; dmarc=pass (p=none) header.from=a.example";

function fieldsIn(
  name: string,
  parse: (field: HeaderField) => unknown,
): (value: string) => unknown {
  // As in a message: the field ends where its folds do.
  return (value) => parseHeader(`${name}:${value}\n`).map(parse);
}

fuzz({
  name: "parseArcSeal",
  parse: fieldsIn(AS, parseArcSeal),
  seeds: [
    SEAL,
    ` b=AAAA\n\tAAAA; s=s; d=d.example; cv=pass; a=ed25519-sha256; i=50`,
  ],
  frames: [[SEAL, ""], [`${SEAL}; x=`, ""], ["i=", `; ${SEAL}`]],
}, 501);

fuzz({
  name: "parseArcMessageSignature",
  parse: fieldsIn(AMS, parseArcMessageSignature),
  seeds: [SIGNATURE, `${SIGNATURE}; c=relaxed/simple;\n\tl=3; hm=AAAA; x=9`],
  frames: [[SIGNATURE, ""], [`${SIGNATURE}; hm=`, ""], [
    "h=",
    `; ${SIGNATURE}`,
  ]],
}, 502);

fuzz({
  name: "parseArcResults",
  parse: fieldsIn(AAR, parseArcResults),
  seeds: [RESULTS, " (a)\n\ti = 2 ; mx;\n\tspf=pass smtp.helo=x"],
  frames: [["i=1", "; x"], ["(", ")i=1; x"], ["i=1; ", ""]],
}, 503);

fuzz({
  name: "dmarcPasses",
  parse: dmarcPasses,
  seeds: [RESULTS, 'mx; dmarc/1=pass header.from="a" ("); dmarc=fail'],
  frames: [["mx; dmarc=pass header.from=", ""], ["mx; ", "=pass"]],
}, 504);

fuzz({
  name: "readChain",
  parse(text) {
    const { sets, highest, fault } = readChain(parseHeader(text));
    if (fault !== undefined) assertEquals(sets, []);
    else assertEquals(sets.length, highest);
  },
  seeds: [sealTimes(1), sealTimes(3)],
  frames: [[sealTimes(1), ""], [`${AS}: ${SEAL}`, ""], [`${AAR}: i=1`, ";"]],
}, 505);
