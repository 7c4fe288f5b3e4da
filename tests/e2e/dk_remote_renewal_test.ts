// ARC through a list: sealed on arrival, edited, and sealed anew by dk-remote.

import { assertEquals, assertMatch } from "@std/assert";
import { toText } from "../../lib/message/octets.ts";
import { briefly, validate } from "../support/arc_sets.ts";
import { commandOf } from "../support/programs.ts";
import { runRemote } from "../support/remote.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";
import { MAIL } from "../support/mail.ts";

for (const how of ["ARCSEAL", "control/arcseal"]) {
  endToEnd(
    `\`dk-remote\` makes the set anew that \`dk-verify\` has made, with ${how}`,
    async () => {
      await using site = await Site.open();
      const key = `${site.folder}/keys/%/default`;
      await site.write("control/me", "example.com\n");
      const { queued } = await site.run("dk-verify", {
        message: new TextEncoder().encode(MAIL),
        env: { ...site.env, ARCSEAL: key, TCPREMOTEIP: "192.0.2.1" },
      });
      const arrived = toText(queued!.message);
      assertMatch(arrived, /^ARC-Seal: i=1;/);
      const edited = arrived.replace("Subject: ", "Subject: [list] ") +
        "-- \nA list.\n";
      const resolver = {
        txt: (name: string) =>
          Promise.resolve({
            outcome: "records" as const,
            records: [site.records.get(name)!],
          }),
      };
      const now = Math.floor(Date.now() / 1000);
      assertMatch(briefly(await validate(edited, resolver, now)), /^fail: /);
      if (how !== "ARCSEAL") await site.write("control/arcseal", `${key}\n`);
      const { sent, report } = await runRemote({
        command: [
          ...commandOf("dk-remote"),
          "h",
          "list@example.com",
          "bob@example.net",
        ],
        message: new TextEncoder().encode(edited),
        env: how === "ARCSEAL" ? { ...site.env, ARCSEAL: key } : site.env,
      });
      const left = toText(sent!.message);
      assertEquals(
        briefly(await validate(left, resolver, now + 5)),
        "pass: i=1 example.com",
        report,
      );
      assertEquals(sent!.size, left.length);
    },
  );
}
