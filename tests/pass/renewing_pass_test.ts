// Sealing on departure as dk-remote does it: the header is held back until the body has ended, and goes
// on whole, with the two fields in their places.

import { assert, assertEquals } from "@std/assert";
import { joinOctets, toOctets, toText } from "../../lib/message/octets.ts";
import { PassOn } from "../../lib/pass/pass_on.ts";
import { RenewingPass } from "../../lib/pass/renewing_pass.ts";
import { parseDkimOptions } from "../../lib/policy/options.ts";
import { systemCrypto } from "../../lib/system/crypto/digest.ts";
import { briefly, validate } from "../support/arc_sets.ts";
import { OURS, sealed } from "../support/arc_sealing.ts";
import { NOW } from "../support/signing.ts";

const MESSAGE =
  "From: Alice <alice@example.org>\nDate: Fri, 27 Nov 2026 00:00:00 +0000\nMessage-ID: <1@example.org>\nSubject: hello\n\nHello  Bob.\n";

function edit(message: string): string {
  return message.replace("Subject: hello", "Subject: [list] hello") +
    "-- \nA list.\n";
}

/** What leaves, as Job puts it together, and what the log says of the set. */
async function leave(
  chunks: Iterable<Uint8Array>,
): Promise<{ text: string; sealed: unknown }> {
  const pass = new RenewingPass(
    new PassOn("nothing to sign"),
    (domain) => domain === "example.com" ? OURS : undefined,
    parseDkimOptions(),
    { crypto: systemCrypto, now: NOW + 60 },
  );
  const kept: Uint8Array[] = [];
  for (const chunk of chunks) {
    kept.push(pass.filter(chunk).slice());
    pass.push(chunk);
  }
  const { newFields, notes } = await pass.end(Promise.resolve("a@example.com"));
  return {
    text: newFields + toText(joinOctets(kept)),
    sealed: notes.find(([key]) => key === "sealed")?.[1],
  };
}

Deno.test("`RenewingPass` makes our set anew, whatever chunks the message comes in", async () => {
  const before = edit(await sealed(MESSAGE));
  const whole = await leave([toOctets(before)]);
  assertEquals(whole.sealed, "i=1 anew");
  assertEquals(briefly(await validate(whole.text)), "pass: i=1 example.com");
  assertEquals(whole.text.length, before.length);
  for (
    const at of [
      0,
      1,
      before.indexOf("\n\n"),
      before.indexOf("\n\n") + 1,
      before.indexOf("\n\n") + 2,
      before.length - 1,
    ]
  ) {
    const octets = toOctets(before);
    const split = await leave([octets.subarray(0, at), octets.subarray(at)]);
    assertEquals(split.text, whole.text, `split at ${at}`);
  }
  const octet = await leave(
    Array.from(toOctets(before), (octet) => Uint8Array.of(octet)),
  );
  assertEquals(octet.text, whole.text);
});

const UNTOUCHED: Record<string, [message: string, sealed: string]> = {
  "a message without a chain": [MESSAGE, "no: no ARC set"],
  "a message without a body": ["From: a@example.com\n", "no: no ARC set"],
  "a message without a header": ["\nHello\n", "no: no ARC set"],
  "an empty message": ["", "no: no ARC set"],
  "a message that begins with a continuation": [
    " x\nFrom: a@example.com\n\nHello\n",
    "no: no ARC set",
  ],
  "a header over 1 MiB": [
    `X: ${"x".repeat(1 << 20)}\n\nHello\n`,
    "no: the header is over 1 MiB",
  ],
};

for (const [name, [message, why]] of Object.entries(UNTOUCHED)) {
  Deno.test(`\`RenewingPass\` leaves ${name} as it is`, async () => {
    const { text, sealed } = await leave([toOctets(message)]);
    assert(text === message);
    assertEquals(sealed, why);
  });
}

Deno.test("`RenewingPass` leaves what nobody has changed, and lines that end in CR LF", async () => {
  const unchanged = await sealed(MESSAGE);
  assertEquals(await leave([toOctets(unchanged)]), {
    text: unchanged,
    sealed: "no: nothing was changed",
  });
  const crlf = edit(unchanged).replaceAll("\n", "\r\n");
  assertEquals(await leave([toOctets(crlf)]), {
    text: crlf,
    sealed: "no: lines do not end in LF",
  });
});
