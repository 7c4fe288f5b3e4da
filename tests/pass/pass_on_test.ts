// PassOn: adds nothing, and says why.

import { assertEquals } from "@std/assert";
import { toOctets } from "../../lib/message/octets.ts";
import { PassOn } from "../../lib/pass/pass_on.ts";

Deno.test("`PassOn` adds nothing, and says why", async () => {
  const pass = new PassOn("DKSIGN is not set");
  pass.push(toOctets("From: a@b.c\n\nx\n"));
  assertEquals(await pass.end(), {
    newFields: "",
    action: "passed on",
    notes: [["reason", "DKSIGN is not set"]],
  });
});
