// Authentication-Results fields that came with a message and claim to be ours are gone after a
// verifying program. tests/pass/forged_results_test.ts has all their shapes, in memory; here are one of
// each kind, and what a process does with a header that is too long, and a bounce.

import { assert, assertEquals } from "@std/assert";
import { HOST } from "../support/inbound.ts";
import { makeEnvelope } from "../support/queue.ts";
import { MAIL } from "../support/signed_mail.ts";
import { signDkim, signDomainKeys } from "../support/verifying.ts";
import {
  assertNotQueued,
  Incoming,
  resultsOf,
  VERIFIERS,
} from "../support/incoming.ts";
import { endToEnd } from "../support/requirements.ts";

const FORGED =
  `Authentication-Results: ${HOST}; dkim=pass header.d=paypal.example\n`;
const FOREIGN = FORGED.replace(HOST, `a.${HOST}`);
/** Longer than what is kept of a field. */
const LONG = FORGED.replace("\n", "\n x=y".repeat(20_000) + "\n");
const FOLDED = FORGED.replace(": ", ":\n (our\n own) ");

for (const program of VERIFIERS) {
  for (const lineEnd of ["\n", "\r\n"]) {
    endToEnd(
      `\`${program}\` takes forged fields out and leaves others, with lines that end in ${
        JSON.stringify(lineEnd)
      }`,
      async () => {
        await using host = await Incoming.open();
        const [message, kept] = [
          FORGED + FOREIGN + LONG + FOLDED + MAIL,
          FOREIGN + MAIL,
        ].map((text) => text.replaceAll("\n", lineEnd));
        const result = await host.run(program, { message: message! });
        assertEquals(resultsOf(kept!, result).length, 3);
        assert(/ forged=3 /.test(result.stderr), result.stderr);
      },
    );
  }
}

const HUGE = signDkim(signDomainKeys(MAIL));
const FILLING = "X-A: 0123456789012345678901234567890123456789\n"
  .repeat(25_000);

for (const program of VERIFIERS) {
  endToEnd(
    `\`${program}\` hands a header of over 1 MiB on unverified, without forged fields`,
    async () => {
      await using host = await Incoming.open();
      const message = FORGED + FILLING + FORGED + HUGE;
      const result = await host.run(program, { message });
      assertEquals(resultsOf(FILLING + HUGE, result), [
        HOST,
        "domainkeys=permerror (bad format)",
        "dkim=permerror (bad syntax)",
      ]);
      assertEquals(host.dns.questions, []);
    },
  );

  endToEnd(
    `\`${program}\` exits 31 or 71 for a header of over 1 MiB, DomainKeys letter G and DKIM letter C`,
    async () => {
      await using host = await Incoming.open();
      const message = FILLING + HUGE;
      const codes = { "G": 31, "g": 71, ",C": 31, ",c": 71 };
      for (const [DKVERIFY, code] of Object.entries(codes)) {
        const result = await host.run(program, { message, env: { DKVERIFY } });
        assertNotQueued(result, code);
      }
    },
  );
}

endToEnd(
  "`dk-verify` takes forged fields out of a bounce of its own too",
  async () => {
    await using host = await Incoming.open();
    delete host.env.TCPREMOTEIP;
    const { code, queued } = await host.run("dk-verify", {
      message: FORGED + MAIL,
      envelope: makeEnvelope("", ["ann@example.com"]),
    });
    assertEquals(code, 0);
    assertEquals(new TextDecoder().decode(queued!.message), MAIL);
  },
);
