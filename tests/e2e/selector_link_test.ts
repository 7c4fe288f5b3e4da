// A link as the selector, by process: one rename switches keys for the next mail.

import { assertEquals } from "@std/assert";
import { assertRefused, mailFrom } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { makeRsaKey, Site } from "../support/site.ts";
import { verifyDkim, verifyDomainKeys } from "../support/verifiers.ts";

endToEnd(
  "`dk-sign` signs with the selector that a link names, and with the next one after a rename",
  async () => {
    await using site = await Site.open();
    const folder = `${site.folder}/keys/example.org`;
    for (const selector of ["s202610", "s202611"]) {
      await site.addKey("example.org", selector, makeRsaKey(1024));
    }
    const message = mailFrom("example.org");
    for (const selector of ["s202610", "s202611"]) {
      await Deno.symlink(selector, `${folder}/new`);
      await Deno.rename(`${folder}/new`, `${folder}/default`);
      const { queued } = await site.run("dk-sign", { message });
      assertEquals(verifyDkim(queued!.message, site.records), [
        `${selector}._domainkey.example.org pass`,
      ]);
      assertEquals(verifyDomainKeys(queued!.message, site.records), "pass");
    }
    await Deno.remove(`${folder}/s202611`);
    assertRefused(await site.run("dk-sign", { message }), 55);
  },
);
