// What a verifying program logs of DNS and of the message: how much was asked, how long that took.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Incoming } from "../support/incoming.ts";
import { endToEnd } from "../support/requirements.ts";
import { MAIL } from "../support/signed_mail.ts";
import { signDkim, signDomainKeys } from "../support/verifying.ts";

endToEnd(
  "`dk-verify` logs what it has asked of DNS, and the size of the message",
  async () => {
    await using host = await Incoming.open();
    // Both are of one selector: that is one question.
    const signed = signDkim(signDomainKeys(MAIL));
    const twice = signDkim(signed, { s: "gone" });
    for (const [message, questions] of [[signed, 1], [twice, 2]] as const) {
      const startedMs = performance.now();
      const { stderr } = await host.run("dk-verify", { message });
      const elapsedMs = performance.now() - startedMs;
      assertMatch(stderr, new RegExp(` questions=${questions} `));
      assertMatch(stderr, new RegExp(` bytes=${message.length} next=`));
      const [, dnsMs] = / dns_ms=(\d+) /.exec(stderr) ?? [];
      assert(Number(dnsMs) <= elapsedMs, stderr);
    }
  },
);

endToEnd(
  "`dk-verify` logs no question where there is no signature",
  async () => {
    await using host = await Incoming.open();
    const { stderr } = await host.run("dk-verify", { message: MAIL });
    assertEquals(/questions|dns_ms/.test(stderr), false, stderr);
  },
);
