// DKBARECR by process: the exit code, the text for the SMTP client, and the report of dk-remote.

import { assertEquals, assertMatch } from "@std/assert";
import { assertNotQueued, Incoming } from "../support/incoming.ts";
import { assertRefused, MAIL, toBytes } from "../support/mail.ts";
import { commandOf } from "../support/programs.ts";
import { makeEnvelope, runFilter } from "../support/queue.ts";
import { rspawnReport, runRemote } from "../support/remote.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";

const SMUGGLED = `${MAIL}\r.\rMAIL FROM:<eve@example.org>\r`;
const MESSAGE = toBytes(SMUGGLED);
const TEXT = "essage holds a carriage return that ends no line";

for (
  const [action, code, done, text] of [
    ["reject", 31, "rejected", `DM${TEXT} (#5.6.0)`],
    ["defer", 71, "deferred", `ZM${TEXT} (#4.6.0)`],
  ] as const
) {
  endToEnd(
    `\`dk-sign\` exits ${code} for a bare CR under DKBARECR=${action}`,
    async () => {
      await using site = await Site.open();
      const env = { DKBARECR: action };
      const result = await site.run("dk-sign", { message: MESSAGE, env });
      assertNotQueued(result, code);
      assertMatch(
        result.stderr,
        new RegExp(
          `^dk-sign: ${done} reason="bare CR" .* bytes=${MESSAGE.length} `,
        ),
      );
      const good = await site.run("dk-sign", { message: toBytes(MAIL), env });
      assertEquals(good.code, 0);
    },
  );

  endToEnd(
    `\`dk-verify\` tells the SMTP client of a bare CR under DKBARECR=${action}`,
    async () => {
      await using host = await Incoming.open({});
      const result = await host.run("dk-verify", {
        message: SMUGGLED,
        env: { DKBARECR: action, ERROR_FD: "6" },
        errorFd: 6,
      });
      assertNotQueued(result, 82);
      assertEquals(result.errorText, text);
    },
  );

  endToEnd(
    `\`dk-remote\` reports a bare CR to qmail-rspawn under DKBARECR=${action}`,
    async () => {
      await using site = await Site.open();
      const args = ["example.net", "ann@example.com", "bob@example.net"];
      const result = await runRemote({
        command: [...commandOf("dk-remote"), ...args],
        message: MESSAGE,
        env: { ...site.env, DKBARECR: action },
      });
      assertEquals([result.code, result.started, result.stderr], [
        0,
        false,
        "",
      ]);
      const line = `${text[0]}dk-remote: ${text.slice(1)}\n`;
      assertEquals(result.report, `${line}\0`);
      assertEquals(rspawnReport(result, result.report), line);
    },
  );
}

endToEnd(
  "`dk-sign` takes a bounce of our own under DKBARECR=reject",
  async () => {
    await using site = await Site.open();
    const env = { ...site.env, DKBARECR: "reject" };
    const command = commandOf("dk-sign");
    const envelope = makeEnvelope("", ["bob@example.net"]);
    const local = await runFilter({ command, message: MESSAGE, envelope, env });
    assertEquals(local.code, 0);
    const overSmtp = await runFilter({
      command,
      message: MESSAGE,
      envelope,
      env: { ...env, TCPREMOTEIP: "192.0.2.1" },
    });
    assertNotQueued(overSmtp, 31);
  },
);

endToEnd(
  "`dk-sign` exits 55 for a DKBARECR that is no word of it",
  async () => {
    await using site = await Site.open();
    const env = { DKBARECR: "drop" };
    assertRefused(await site.run("dk-sign", { message: MESSAGE, env }), 55);
  },
);
