// InboundPass on mail that did not come over the network: a bounce that qmail-send injects is let
// through at once, without a question; any other message is judged when its sender is known.

import { assertEquals, assertRejects } from "@std/assert";
import { toOctets } from "../../lib/message/octets.ts";
import { InboundPass } from "../../lib/pass/inbound_pass.ts";
import type { Outcome } from "../../lib/pass/pass.ts";
import { parseLetters } from "../../lib/policy/letters.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { NOW } from "../support/signing.ts";
import {
  KEY_NAME,
  makeZone,
  MESSAGE,
  signDkim,
  signDomainKeys,
} from "../support/verifying.ts";
import type { Zone } from "../support/zone.ts";

const GOOD = signDomainKeys(signDkim(MESSAGE));
const FORGED = "Authentication-Results: mx.example.com; dkim=pass\n";
const REJECT_ALL = "ABCDEFGHIJKL,ABCDEFGHIJKLMNOPQRS";

/** A pass that has read its message; the sender is not known yet. */
function judge(
  zone: Zone,
  isLocal: boolean,
  message = GOOD,
  letters = "",
): InboundPass {
  const options = {
    authservId: "mx.example.com",
    letters: parseLetters(letters),
    isLocal,
  };
  const ports = { crypto: systemCrypto, resolver: zone, now: NOW };
  const pass = new InboundPass(options, ports);
  pass.filter(toOctets(message));
  pass.push(toOctets(message));
  return pass;
}

/** Lets everything go on that waits for nothing. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

for (const message of [GOOD, MESSAGE, GOOD.replace("Bob.", "Eve.")]) {
  const kind = message === GOOD ? "good" : message === MESSAGE ? "no" : "bad";
  Deno.test(`\`InboundPass\` lets a bounce of our own with ${kind} signatures through, and asks nothing`, async () => {
    const zone = makeZone();
    const pass = judge(zone, true, message, REJECT_ALL);
    const outcome = await pass.end(Promise.resolve(""));
    assertEquals(brief(outcome), ["passed on", "", undefined]);
    assertEquals(outcome.notes, [["reason", "a bounce of our own"]]);
    assertEquals(zone.asked, []);
  });
}

Deno.test("`InboundPass` takes forged fields out of a bounce of our own too", () => {
  const message = `To: bob\n${FORGED}\nx\n`;
  const options = {
    authservId: "mx.example.com",
    letters: parseLetters(""),
    isLocal: true,
  };
  const ports = { crypto: systemCrypto, resolver: makeZone(), now: NOW };
  const pass = new InboundPass(options, ports);
  assertEquals(
    new TextDecoder().decode(pass.filter(toOctets(message))),
    "To: bob\n\nx\n",
  );
});

Deno.test("`InboundPass` asks nothing for local mail before the sender is known", async () => {
  const zone = makeZone();
  const { promise, resolve } = Promise.withResolvers<string>();
  const pass = judge(zone, true);
  await settle();
  assertEquals(zone.asked, []);
  const end = pass.end(promise);
  await settle();
  assertEquals(zone.asked, []);
  resolve("alice@example.com");
  assertEquals((await end).action, "verified");
  assertEquals(zone.asked, [KEY_NAME]);
});

Deno.test("`InboundPass` rejects local mail that is no bounce", async () => {
  const pass = judge(makeZone(), true, MESSAGE, ",N");
  const { action } = await pass.end(Promise.resolve("alice@example.com"));
  assertEquals(action, "rejected");
});

Deno.test("`InboundPass` asks for mail out of the network at once", () => {
  const zone = makeZone();
  judge(zone, false);
  assertEquals(zone.asked, [KEY_NAME]);
});

Deno.test("`InboundPass` does a bounce out of the network no favour", async () => {
  const pass = judge(makeZone(), false, MESSAGE, ",N");
  const { action } = await pass.end(Promise.resolve(""));
  assertEquals(action, "rejected");
});

Deno.test("`InboundPass` hands on the failure of a local sender, and asks nothing", async () => {
  const zone = makeZone();
  const pass = judge(zone, true);
  const sender = Promise.reject(new Error("No sender"));
  await assertRejects(() => pass.end(sender), Error, "No sender");
  assertEquals(zone.asked, []);
});

Deno.test("`InboundPass` leaves the failure of any other sender to its caller", async () => {
  const sender = Promise.reject(new Error("No sender"));
  const { action } = await judge(makeZone(), false).end(sender);
  await settle();
  assertEquals(action, "verified");
  await assertRejects(() => sender, Error, "No sender");
});

function brief({ action, newFields, refusal }: Outcome) {
  return [action, newFields, refusal];
}
