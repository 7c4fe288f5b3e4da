// The letters of DKVERIFY by process: rejected, deferred, taken. tests/pass has every letter in
// memory; here is one of each kind.

import { assert, assertEquals } from "@std/assert";
import type { Zone } from "../../scripts/host/dns_server.ts";
import { MAIL, recordOf } from "../support/signed_mail.ts";
import { signDkim, signDomainKeys } from "../support/verifying.ts";
import {
  assertLogged,
  assertNotQueued,
  Incoming,
  resultsOf,
  VERIFIERS,
} from "../support/incoming.ts";
import { ZONE } from "../support/inbound.ts";
import { endToEnd } from "../support/requirements.ts";

const SIGNED = signDkim(signDomainKeys(MAIL));
const CHANGED = SIGNED.replace("Hello", "Hallo");
const NAME = "default._domainkey.example.com";

for (const program of VERIFIERS) {
  for (const [scheme, letter] of [["domainkeys", "B"], ["dkim", "P"]]) {
    const lettersOf = (letters: string) =>
      scheme === "dkim" ? `,${letters}` : letters;
    endToEnd(
      `\`${program}\` rejects, defers and takes by letter ${letter} of ${scheme}`,
      async () => {
        await using host = await Incoming.open();
        const judge = (letters: string) =>
          host.run(program, {
            message: CHANGED,
            env: { DKVERIFY: lettersOf(letters) },
          });
        const rejected = await judge(letter!);
        assertNotQueued(rejected, 31);
        assertLogged(rejected, "rejected");
        const deferred = await judge(letter!.toLowerCase());
        assertNotQueued(deferred, 71);
        assertLogged(deferred, "deferred");
        const taken = await judge("ACDEFGHIJKLMNOQRSacdefghijklmnoqrs");
        assertEquals(resultsOf(CHANGED, taken).length, 3);
      },
    );
  }
}

interface Row {
  message: string;
  zone?: Zone;
  /** As the field has them. */
  domainkeys?: string;
  dkim?: string;
}

/** tests/pass/odd_mail_test.ts has more of what odd mail leads to, in memory. */
const ROWS: Record<string, Row> = {
  "a line of text at the end of the header": {
    message: SIGNED.replace("\n\n", "\nDear Bob,\n\n"),
    domainkeys: "permerror (bad format)",
    dkim: "permerror (bad syntax)",
  },
  "a Sender's own DomainKey-Signature": {
    message: signDomainKeys(
      `Sender: a@example.com\n${MAIL.replace("@example.com", "@bank.example")}`,
      { h: "Sender:From:To:Subject" },
    ),
    domainkeys: "pass (ok) header.sender=example.com",
  },
  ...Object.fromEntries(
    (["formerr", "notimp"] as const).map((oldServer): [string, Row] => [
      `a DNS server that says ${oldServer} to EDNS0`,
      {
        message: SIGNED,
        zone: { [NAME]: { oldServer, texts: [recordOf()] } },
        domainkeys: "pass (ok)",
        dkim: "pass (ok)",
      },
    ]),
  ),
};

for (
  const [name, { message, zone = ZONE, ...expected }] of Object.entries(ROWS)
) {
  endToEnd(`\`dk-verify\` says what is so of ${name}`, async () => {
    await using host = await Incoming.open(zone);
    const [, ...results] = resultsOf(
      message,
      await host.run("dk-verify", { message }),
    );
    for (const [method, result] of Object.entries(expected)) {
      const said = results.find((text) => text.startsWith(`${method}=`));
      assert(said?.startsWith(`${method}=${result}`), said);
    }
  });
}
