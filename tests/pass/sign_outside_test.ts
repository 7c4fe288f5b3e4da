// SignPass on mail that came from outside, as our own Authentication-Results field tells: it is left
// unsigned while its From is what it was.

import { assertEquals } from "@std/assert";
import type { Outcome } from "../../lib/pass/pass.ts";
import {
  MemoryKeys,
  RSA_1024,
  sign,
  signaturesIn,
  type Signing,
} from "../support/signing.ts";

const MESSAGE = "From: Alice <alice@example.com>\nSubject: hello\n\nHello.\n";
const OUTSIDE = resultsFor("header.from=example.com") + MESSAGE;
const UNSIGNED: Outcome = {
  newFields: "",
  action: "unsigned",
  notes: [["reason", "came from outside"]],
};

function resultsFor(properties: string, host = "mx.example.net"): string {
  return `Authentication-Results: ${host};\n\tdomainkeys=fail ${properties}\n`;
}

/** Signs on mx.example.net. */
function signThere(message: string, signing: Signing = {}): Promise<Outcome> {
  const options = { ...signing.options, authservId: () => "mx.example.net" };
  return sign(message, { ...signing, options });
}

Deno.test("`SignPass` leaves what came from outside unsigned, whoever has a key", async () => {
  assertEquals(await signThere(OUTSIDE), UNSIGNED);
  assertEquals(await signThere(`Received: x\n${OUTSIDE}`), UNSIGNED);
  const keys = new MemoryKeys({ "/k/lists.example.org/default": RSA_1024 });
  const withSender = `Sender: owner@lists.example.org\n${OUTSIDE}`;
  for (const align of ["from", "sender"] as const) {
    const signing = { keys, options: { align } };
    assertEquals(await signThere(withSender, signing), UNSIGNED);
  }
  assertEquals(keys.asked, []);
});

Deno.test("`SignPass` leaves unsigned what names no From that it came with", async () => {
  // Of two domains in From the verifier names none, and the key of the last one would sign.
  const message = resultsFor("") +
    MESSAGE.replace("Alice", "eve@example.org, Alice");
  assertEquals(await signThere(message), UNSIGNED);
});

Deno.test("`SignPass` signs what a list sends with a From of its own", async () => {
  const message = resultsFor("header.from=example.org") + MESSAGE;
  const { action, newFields } = await signThere(message);
  assertEquals(action, "signed");
  const domains = signaturesIn(newFields).map(({ d }) => d);
  assertEquals(domains, ["example.com", "example.com"]);
});

Deno.test("`SignPass` signs what another host calls verified", async () => {
  const message = resultsFor("header.from=example.com", "mx.example.org") +
    MESSAGE;
  assertEquals((await signThere(message)).action, "signed");
});

Deno.test("`SignPass` signs what came from outside if told so", async () => {
  assertEquals((await sign(OUTSIDE)).action, "signed");
});

Deno.test("`SignPass` asks for the name of the host only where it counts", async () => {
  const authservId = () => {
    throw new Error("asked");
  };
  const options = { authservId };
  assertEquals((await sign(MESSAGE, { options })).action, "signed");
  const withoutFrom = OUTSIDE.replace("From:", "X-From:");
  assertEquals((await sign(withoutFrom, { options })).action, "unsigned");
});
