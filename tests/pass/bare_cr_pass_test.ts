// withBareCrAction(): what becomes of a message with a CR that is not part of CR LF.

import { assertEquals, assertThrows } from "@std/assert";
import { toOctets } from "../../lib/message/octets.ts";
import { withBareCrAction } from "../../lib/pass/bare_cr_pass.ts";
import { parseBareCr } from "../../lib/policy/bare_cr.ts";
import { InboundPass } from "../../lib/pass/inbound_pass.ts";
import type { Pass } from "../../lib/pass/pass.ts";
import { parseLetters } from "../../lib/policy/letters.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { DnsTable } from "../support/dns_table.ts";
import { HOST } from "../support/inbound.ts";
import { makeSignPass, NOW } from "../support/signing.ts";

const openInbound = () =>
  new InboundPass(
    { authservId: HOST, letters: parseLetters(""), isLocal: false },
    { crypto: systemCrypto, resolver: new DnsTable({}), now: NOW },
  );

const PASSES: [kind: string, open: () => Pass, accepted: string][] = [
  ["signing", () => makeSignPass(), "signed"],
  ["verifying", openInbound, "verified"],
];

const HEADER = "From: ann@example.com\nSubject: x\n\n";

const MESSAGES: Record<string, [message: string, isBare: boolean]> = {
  "no CR": [`${HEADER}Hello.\n`, false],
  "CRLF line ends": [`${HEADER}Hello.\n`.replaceAll("\n", "\r\n"), false],
  "both line ends": [`${HEADER}a\r\nb\n`, false],
  "a CR in the body": [`${HEADER}a\rb\n`, true],
  "a CR, a dot and a CR": [`${HEADER}a\r.\rMAIL FROM:<x@example.org>\n`, true],
  "a CR before CR LF": [`${HEADER}a\r\r\n`, true],
  "a CR at the end of the message": [`${HEADER}a\r`, true],
  "a CR in the header": [
    "From: ann@example.com\nSubject: a\rb\n\nHello.\n",
    true,
  ],
};

/** Chunks of one octet: a CR and its LF come apart. */
async function outcomeOf(pass: Pass, message: string, sender: string) {
  for (const octet of toOctets(message)) {
    const chunk = Uint8Array.of(octet);
    pass.filter?.(chunk);
    pass.push(chunk);
  }
  return await pass.end(Promise.resolve(sender));
}

for (const [kind, open, accepted] of PASSES) {
  for (const [name, [message, isBare]] of Object.entries(MESSAGES)) {
    Deno.test(`DKBARECR on ${kind}: a message with ${name}`, async () => {
      const plain = await outcomeOf(open(), message, "ann@example.com");
      assertEquals(plain.action, accepted);
      for (const action of ["pass", "defer", "reject"] as const) {
        const pass = withBareCrAction(open(), action, true);
        const outcome = await outcomeOf(pass, message, "ann@example.com");
        if (!isBare || action === "pass") {
          assertEquals(outcome, plain);
          continue;
        }
        assertEquals(
          [outcome.action, outcome.newFields, outcome.refusal?.action],
          [action === "reject" ? "rejected" : "deferred", "", action],
        );
        const [letter, code] = action === "reject" ? "D5" : "Z4";
        assertEquals(
          outcome.refusal?.text,
          `${letter}Message holds a carriage return that ends no line (#${code}.6.0)`,
        );
        assertEquals(outcome.notes[0], ["reason", "bare CR"]);
      }
    });
  }

  Deno.test(`DKBARECR on ${kind} spares bounces where they must not be held up`, async () => {
    const [message] = MESSAGES["a CR in the body"]!;
    const end = async (sparesBounces: boolean) => {
      const pass = withBareCrAction(open(), "reject", sparesBounces);
      return (await outcomeOf(pass, message, "")).action;
    };
    assertEquals(await end(true), accepted);
    assertEquals(await end(false), "rejected");
  });
}

Deno.test("`parseBareCr()` takes pass, defer and reject, and nothing else", () => {
  assertEquals(parseBareCr(undefined), "pass");
  assertEquals(["pass", "defer", "reject"].map(parseBareCr), [
    "pass",
    "defer",
    "reject",
  ]);
  for (const word of ["", "REJECT", "drop", "pass "]) {
    assertThrows(() => parseBareCr(word), SyntaxError, "DKBARECR");
  }
});
