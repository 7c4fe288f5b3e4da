// Runs scripts/host/show_queue.sh as a real process with real pipes and reads its fd 2.

import { assertEquals } from "@std/assert";
import { makeEnvelope, runFilter } from "../support/queue.ts";

const SCRIPT = `${import.meta.dirname}/../../scripts/host/show_queue.sh`;

Deno.test("show_queue shows the message, then the envelope, and exits 0", async () => {
  const { code, stderr } = await runFilter({
    command: [SCRIPT],
    message: new TextEncoder().encode("Subject: x\n\n\0\u00e4\n"),
    envelope: makeEnvelope("a@example.com", [
      "b@example.net",
      "Tom@example.net",
    ]),
    next: "none",
  });
  assertEquals(code, 0);
  assertEquals(
    stderr,
    "Subject: x\n\n\0\u00e4\n\n--- envelope\n" +
      "sender: a@example.com\nrecipient: b@example.net\nrecipient: Tom@example.net\n",
  );
});
