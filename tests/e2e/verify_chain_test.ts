// `dk-verify dk-sign qmail-queue`: what comes from outside is verified, and signed where the site
// wants that too; the fields stand in the order in which the programs put them on top, and the
// message after them is as it came.

import { assertEquals } from "@std/assert";
import { signDkim, signDomainKeys } from "../support/verifying.ts";
import { assertNotQueued, Incoming } from "../support/incoming.ts";
import { HOST } from "../support/inbound.ts";
import { splitResults } from "../support/split_results.ts";
import { MAIL } from "../support/signed_mail.ts";
import { addedFields, toBytes } from "../support/mail.ts";
import { commandOf } from "../support/programs.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";
import { verifyDkim, verifyDomainKeys } from "../support/verifiers.ts";

const SIGNED = signDkim(signDomainKeys(MAIL));
const LINE_ENDS = { LF: SIGNED, CRLF: SIGNED.replaceAll("\n", "\r\n") };

for (const [name, text] of Object.entries(LINE_ENDS)) {
  endToEnd(
    `\`dk-verify dk-sign\` verifies, then signs if told so, with ${name} lines`,
    async () => {
      await using host = await Incoming.open();
      await using site = await Site.open();
      const message = toBytes(text);
      const { code, stderr, queued } = await host.run("dk-verify", {
        message,
        args: commandOf("dk-sign"),
        env: { DKSIGN: site.env.DKSIGN!, DKSIGNFORWARDS: "" },
      });
      assertEquals(code, 0, stderr);
      const fields = addedFields(message, queued!.message);
      assertEquals(fields.map((field) => field.name), [
        "DKIM-Signature",
        "DomainKey-Signature",
        "Authentication-Results",
      ]);
      const results = splitResults(fields[2]!.raw + "\n");
      assertEquals(results[0], HOST);
      assertEquals(
        results.slice(1).map((result) => result.split(" ")[0]),
        ["domainkeys=pass", "dkim=pass"],
      );
      // What the host has signed stands above what came: its key is another one.
      const verdicts = verifyDkim(queued!.message, site.records);
      assertEquals(verdicts[0], "default._domainkey.example.com pass");
      assertEquals(verifyDomainKeys(queued!.message, site.records), "pass");
    },
  );
}

/** What comes from outside is not the host's to vouch for, what its users send is. */
const LOGGED: Record<string, [env: Record<string, string>, lines: string[]]> = {
  "from outside": [{}, ["dk-verify: verified", "dk-sign: unsigned", ""]],
  "from outside that the site wants signed": [
    { DKSIGNFORWARDS: "" },
    ["dk-verify: verified", "dk-sign: signed", ""],
  ],
  "of a relay client": [
    { RELAYCLIENT: "" },
    ["dk-verify: passed", "dk-sign: signed", ""],
  ],
};

for (const [name, [env, lines]] of Object.entries(LOGGED)) {
  endToEnd(
    `\`dk-verify dk-sign\` logs a line each for mail ${name}`,
    async () => {
      await using host = await Incoming.open();
      await using site = await Site.open();
      const { stderr } = await host.run("dk-verify", {
        message: SIGNED,
        args: commandOf("dk-sign"),
        env: { DKSIGN: site.env.DKSIGN!, ...env },
      });
      assertEquals(
        stderr.split("\n").map((line) => line.split(" ", 2).join(" ")),
        lines,
      );
    },
  );
}

endToEnd("`dk-verify dk-sign` signs nothing that is rejected", async () => {
  await using host = await Incoming.open();
  await using site = await Site.open();
  const result = await host.run("dk-verify", {
    message: SIGNED.replace("Hello", "Hallo"),
    args: commandOf("dk-sign"),
    env: { DKSIGN: site.env.DKSIGN!, DKVERIFY: "B,P" },
  });
  assertNotQueued(result, 31);
  assertEquals(result.stderr.includes("dk-sign"), false);
});

endToEnd(
  "`dk-verify dk-verify` leaves the results of the last alone",
  async () => {
    await using host = await Incoming.open();
    const { code, queued } = await host.run("dk-verify", {
      message: SIGNED,
      args: commandOf("dk-verify"),
    });
    assertEquals(code, 0);
    const fields = addedFields(toBytes(SIGNED), queued!.message);
    assertEquals(fields.map((field) => field.name), ["Authentication-Results"]);
  },
);
