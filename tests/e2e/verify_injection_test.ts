// Nothing that a sender or a DNS server writes gets out of a process but by the grammar: one row of
// each kind. tests/pass/injection_test.ts has them all, in memory.

import { assertEquals, assertMatch } from "@std/assert";
import type { Zone } from "../../scripts/host/dns_server.ts";
import { HOST, ZONE } from "../support/inbound.ts";
import { MAIL, recordOf } from "../support/signed_mail.ts";
import { signDkim, signDomainKeys } from "../support/verifying.ts";
import { Incoming, resultsOf } from "../support/incoming.ts";
import { endToEnd } from "../support/requirements.ts";

const NASTY = 'x\r\x1b[2J\xe4"; dkim=pass header.d=evil.example';
const SIGNED = signDkim(signDomainKeys(MAIL));
const LINE = /^(dk-verify|qmail-dk): (verified|rejected) [ -~]+\n$/;
const TEXT = /^DDomainKeys [ -~]{1,240}$/;

const ROWS: Record<string, [message: string, zone: Zone]> = {
  "a tag": [SIGNED.replaceAll(/\bs=[^;\n]*/g, () => `s=${NASTY}`), ZONE],
  "From": [
    signDomainKeys(MAIL.replace("From: Ann", () => `From: ${NASTY}`)),
    ZONE,
  ],
  "a key record": [
    SIGNED,
    { "default._domainkey.example.com": [recordOf(`h=${NASTY}; `)] },
  ],
};

for (const [name, [message, zone]] of Object.entries(ROWS)) {
  endToEnd(
    `verifying programs write nothing of what ${name} holds`,
    async () => {
      await using host = await Incoming.open(zone);
      const taken = await host.run("dk-verify", { message });
      assertEquals(resultsOf(message, taken)[0], HOST);
      assertMatch(taken.stderr, LINE);
      const refused = await host.run("qmail-dk", {
        message,
        errorFd: 6,
        env: { DKVERIFY: "BCDEFGHIJKL,BCDEFGHIJKLMNOPQRS", ERROR_FD: "6" },
      });
      assertEquals([refused.code, refused.reached], [82, false]);
      assertMatch(refused.errorText, TEXT);
      assertMatch(refused.stderr, LINE);
    },
  );
}
