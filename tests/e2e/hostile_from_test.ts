// No From, however hostile, leads to a key that is not its own, or to a message that is not queued: one
// row of each kind. tests/pass/hostile_from_test.ts has them all, in memory.

import { assertEquals, assertMatch } from "@std/assert";
import { fieldsOf, MAIL, mailFrom, toBytes } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";

const UNSIGNED =
  /^dk-sign: unsigned reason="[ -~]+" (?:malformed="[ -~]+" )?bytes=\d+ next=[^ ]+ qp=\d+\n$/;

const ROWS: Record<string, Uint8Array> = {
  "a domain that has no key": mailFrom("notexample.com"),
  "a way to another key": mailFrom("x/../example.com"),
  "what no file can be called": mailFrom("example.com\0"),
  "no domain at all": toBytes(MAIL.replace(/^From:.*\n/, "")),
};

for (const [name, message] of Object.entries(ROWS)) {
  endToEnd(`\`dk-sign\` queues mail from ${name} unsigned`, async () => {
    await using site = await Site.open();
    const result = await site.run("dk-sign", { message });
    assertEquals(fieldsOf(message, result), []);
    assertMatch(result.stderr, UNSIGNED);
  });
}
