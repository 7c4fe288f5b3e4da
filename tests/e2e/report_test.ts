// dk-report reads what the filters themselves write on fd 2.

import { assertEquals } from "@std/assert";
import { readFigures } from "../support/dk_report.ts";
import { MAIL, toBytes } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";

endToEnd(
  "dk-report counts mails that filters have signed, passed on, and failed at",
  async () => {
    await using site = await Site.open();
    const message = toBytes(MAIL);
    const runs = [
      await site.run("dk-sign", { message }),
      await site.run("qmail-dk", { message, env: { RELAYCLIENT: "" } }),
      await site.run("dk-sign", {
        message: toBytes(MAIL.replaceAll("example.com", "example.edu")),
      }),
      await site.run("dk-sign", { message, env: { DKSIGNOPTIONS: "-?" } }),
    ];
    const figures = await readFigures(
      [],
      runs.map(({ stderr }) => stderr).join(""),
    );
    assertEquals(
      figures.outcomes.filter(({ mails }) => mails > 0),
      [
        { outcome: "signed", mails: 2 },
        { outcome: "unsigned", mails: 1 },
        { outcome: "failed", mails: 1 },
      ],
    );
    assertEquals(figures.failed.map(({ exit }) => Number(exit)), [
      runs[3]!.code,
    ]);
    assertEquals(
      figures.selectors.map(({ domain, selector, algorithm, mails }) =>
        `${domain} ${selector} ${algorithm} ${mails}`
      ).toSorted(),
      ["example.com default rsa-sha1 2", "example.com default rsa-sha256 2"],
    );
  },
);
