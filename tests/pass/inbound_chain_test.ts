// ARC in an inbound pass: what the field says of a chain, the set that comes on top, and what a trusted
// sealer excuses.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseHeader } from "../../lib/message/header.ts";
import type { ChainSettings } from "../../lib/pass/chain_method.ts";
import { parseDkimOptions } from "../../lib/policy/options.ts";
import { sealByHand, sealTimes, validate } from "../support/arc_sets.ts";
import { OURS } from "../support/arc_sealing.ts";
import { comeIn, type Coming, RECEIVER } from "../support/coming.ts";
import { recordOf } from "../support/signed_mail.ts";
import { makeZone, MESSAGE } from "../support/verifying.ts";
import { Zone } from "../support/zone.ts";

const CHECKING: ChainSettings = { minRsaBits: 1024 };
const SEALING: ChainSettings = {
  ...CHECKING,
  sealing: { found: OURS, options: parseDkimOptions() },
};

function arrive(message: string, site: Partial<Coming> = {}) {
  const zone = new Zone({
    "default._domainkey.example.com": recordOf(),
    "_dmarc.example.com": "v=DMARC1; p=reject",
  });
  return comeIn({ message, zone, chain: CHECKING, ...site });
}

/** What our own field says of the chain. */
function chainOf(newFields: string): string {
  const unfolded = newFields.replaceAll("\n\t", " ");
  const [, statement] = /^Authentication-Results:.*; (arc=[^;\n]*)$/m
    .exec(unfolded) ?? [];
  return statement ?? "";
}

const SAID: Record<string, [message: string, said: string]> = {
  "no chain": [MESSAGE, "arc=none (no ARC set) smtp.remote-ip=192.0.2.1"],
  "a good one": [
    sealTimes(2),
    "arc=pass (i=2 example.com) smtp.remote-ip=192.0.2.1 header.oldest-pass=0",
  ],
  "a broken one": [
    sealTimes(1).replace("cv=none", "cv=pass"),
    "arc=fail (i=1: cv=pass) smtp.remote-ip=192.0.2.1",
  ],
};

for (const [name, [message, said]] of Object.entries(SAID)) {
  Deno.test(`\`InboundPass\` says of ${name}: ${said}`, async () => {
    const { newFields, notes, action } = await arrive(message);
    assertEquals(chainOf(newFields), said);
    assertEquals(action, "verified");
    const [word] = said.slice("arc=".length).split(" ");
    assert(notes.some(([key, value]) => key === "arc" && value === word));
    assert(!newFields.includes("ARC-"), newFields);
    assert(!newFields.includes("spf="), newFields);
  });
}

const SETS: Record<string, [message: string, sealed: string]> = {
  "a message without a chain": [MESSAGE, "i=1 cv=none"],
  "a good chain": [sealTimes(2), "i=3 cv=pass"],
  "a broken chain": [
    sealTimes(1).replace("spf=pass", "spf=none"),
    "i=2 cv=fail",
  ],
};

for (const [name, [message, sealed]] of Object.entries(SETS)) {
  Deno.test(`\`InboundPass\` puts a set on top of ${name}: ${sealed}`, async () => {
    const { newFields, notes } = await arrive(message, {
      chain: SEALING,
      dmarcVerify: "",
    });
    assert(
      notes.some(([key, value]) => key === "sealed" && value === sealed),
      JSON.stringify(notes),
    );
    const fields = parseHeader(newFields.replaceAll("\n", "\r\n"));
    assertEquals(fields.map(({ name }) => name), [
      "ARC-Seal",
      "ARC-Message-Signature",
      "ARC-Authentication-Results",
      "Authentication-Results",
    ]);
    const [, , sealedResults, ours] = fields.map(({ raw }) =>
      raw.slice(raw.indexOf(":") + 1).replace(/\s+/g, " ").trim()
    );
    assertEquals(sealedResults!.replace(/^i=\d+; /, ""), ours);
    const { result } = await validate(newFields + message);
    assertEquals(result, sealed.endsWith("cv=fail") ? "fail" : "pass");
  });
}

Deno.test("`InboundPass` puts no set on a message that is refused", async () => {
  const outcome = await arrive(MESSAGE, { chain: SEALING, dmarcVerify: "B" });
  assertEquals(outcome.refusal?.action, "reject");
  assertEquals(outcome.newFields, "");
  assert(!outcome.notes.some(([key]) => key === "sealed"));
});

Deno.test("`InboundPass` says why there is no set", async () => {
  const chain = { ...CHECKING, sealing: { reason: "no key" } };
  const { newFields, notes } = await arrive(MESSAGE, { chain });
  assert(!newFields.includes("ARC-Seal"), newFields);
  assertEquals(
    notes.find(([key]) => key === "sealed"),
    ["sealed", "no: no key"],
  );
});

/** DMARC passed where the list took the message in. */
const SEEN = sealByHand(MESSAGE, {
  results: `${RECEIVER}; dmarc=pass header.from=example.com`,
});

const EXCUSES: Record<
  string,
  [Partial<Coming>, said: RegExp, action?: string]
> = {
  "letter H of a trusted sealer": [
    { arcTrust: "example.org\nexample.com", dmarcVerify: "H" },
    /^$/,
    "reject",
  ],
  "the excuse of a trusted sealer": [
    { arcTrust: "example.com", dmarcVerify: "B" },
    /dmarc=fail \(p=reject, arc=pass example.com\) header.from=example.com policy.dmarc=none/,
  ],
  "no excuse of a sealer whom nobody trusts": [
    { arcTrust: "example.org", dmarcVerify: "B" },
    /^$/,
    "reject",
  ],
  "no excuse without a list": [{ dmarcVerify: "b" }, /^$/, "defer"],
};

for (const [name, [site, said, action]] of Object.entries(EXCUSES)) {
  Deno.test(`\`InboundPass\` finds ${name}`, async () => {
    const outcome = await arrive(SEEN, site);
    assertMatch(outcome.newFields.replaceAll("\n\t", " ").trim(), said);
    assertEquals(outcome.refusal?.action, action);
  });
}

Deno.test("`InboundPass` asks for the keys of a chain once", async () => {
  const zone = makeZone();
  await comeIn({ message: sealTimes(5), zone, chain: CHECKING });
  assertEquals(zone.asked, ["default._domainkey.example.com"]);
});
