// Messages and records that are made to cost the verifier: the steps that it takes are linear in what
// it reads, with a small factor, for each of the shapes, and at every size.

import { countSteps } from "../support/steps.ts";
import { assert } from "@std/assert";
import { toOctets } from "../../lib/message/octets.ts";
import { InboundPass } from "../../lib/pass/inbound_pass.ts";
import { parseLetters } from "../../lib/policy/letters.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { SHAPES } from "../support/hostile_shapes.ts";
import { NOW } from "../support/signing.ts";
import { Zone } from "../support/zone.ts";

/** Under the longest header, and a list of addresses, that are looked at. */
const SIZES = [60_000, 1_000_000];
/** What DNS can say. */
const MOST_RECORD_OCTETS = 60_000;
const CHUNK_OCTETS = 1 << 16;

/** A block of code that is entered: for one octet, and for what is there once. */
const STEPS_PER_OCTET = 40;
const STEPS_AT_ONCE = 5000;

for (const [name, { message, records }] of Object.entries(SHAPES)) {
  Deno.test(`\`InboundPass\` takes few steps for each octet of ${name}`, async () => {
    for (const size of SIZES) {
      const octets = toOctets(message(size));
      const texts = records?.(Math.min(size, MOST_RECORD_OCTETS)) ??
        ["v=DKIM1; p=AAAA"];
      const read = octets.length + texts.join("").length;
      const steps = await countSteps(() => judge(octets, texts));
      const most = STEPS_PER_OCTET * read + STEPS_AT_ONCE;
      assert(steps > 0 && steps < most, `${steps} steps for ${read} octets`);
    }
  });
}

async function judge(octets: Uint8Array, records: string[]): Promise<void> {
  const pass = new InboundPass({
    authservId: "mx.example.com",
    letters: parseLetters(""),
    isLocal: false,
  }, {
    crypto: systemCrypto,
    resolver: new Zone({ "*": records }),
    now: NOW,
  });
  for (let at = 0; at < octets.length; at += CHUNK_OCTETS) {
    const chunk = octets.subarray(at, at + CHUNK_OCTETS);
    pass.filter(chunk);
    pass.push(chunk);
  }
  await pass.end(Promise.resolve("alice@example.com"));
}
