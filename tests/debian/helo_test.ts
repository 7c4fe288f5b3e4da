// HELO as a client says it to smtpfront-qmail, and what SPF makes of it for a bounce: a client that is
// honest passes, one that lies is found out or gains nothing.

import { assertEquals, assertMatch } from "@std/assert";
import { MAIL, toText } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { splitResults } from "../support/split_results.ts";
import { MailHost, NEEDS_CLIENT, NEEDS_SERVER, OUTSIDE } from "./mail_host.ts";

const TEXTS = {
  "client.example": `v=spf1 ip4:${OUTSIDE} -all`,
  "bank.example": "v=spf1 ip4:192.0.2.1 -all",
};

/** What the client says, and the result; no result: refused. */
const SAID: Record<string, string | undefined> = {
  "client.example": `spf=pass (ip4:${OUTSIDE}) smtp.helo=client.example`,
  "CLIENT.EXAMPLE": `spf=pass (ip4:${OUTSIDE}) smtp.helo=CLIENT.EXAMPLE`,
  "bank.example": undefined,
  [`bank.example (client.example [${OUTSIDE}])`]: undefined,
  [`unknown (HELO bank.example) (${OUTSIDE})`]: undefined,
  [`[${OUTSIDE}]`]: "spf=none (no domain)",
  [`client.example (x [${OUTSIDE}]) (bank.example [192.0.2.1])`]:
    `spf=pass (ip4:${OUTSIDE}) smtp.helo=client.example`,
  "bank.example client.example": "spf=none (no domain)",
  "b\xe4nk.example":
    "spf=none (no record of xn--bnk-qla.example) smtp.helo=xn--bnk-qla.example",
  "bank": "spf=none (no domain)",
};

for (const [helo, result] of Object.entries(SAID)) {
  endToEnd(
    `\`qmail-dk\` behind smtpfront-qmail ${
      result === undefined ? "refuses" : `finds ${result} of`
    } a bounce with HELO ${JSON.stringify(helo)}`,
    async () => {
      await using host = await MailHost.open({
        outside: { SPFVERIFY: "B" },
        texts: TEXTS,
      });
      const { reply, queued } = await host.deliver(MAIL, OUTSIDE, {
        sender: "<>",
        helo,
      });
      if (result === undefined) {
        assertMatch(reply, /^554 /);
        assertEquals(queued, undefined);
        return;
      }
      const [field = ""] = toText(queued!.message).split(/^(?=Received:)/m);
      const spf = splitResults(field)
        .filter((text) => text.startsWith("spf="));
      assertEquals(spf, [result], reply);
    },
    NEEDS_SERVER,
    NEEDS_CLIENT,
  );
}
