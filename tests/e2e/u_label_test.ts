// Mail from an internationalized domain: its key is found by the A-label and by the U-label, and what
// is written is the A-label (RFC 8616, RFC 6376 section 3.5).

import { assertEquals } from "@std/assert";
import { encodeUtf8 } from "../../lib/message/octets.ts";
import { assertRefused, fieldsOf, mailFrom } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { makeRsaKey, Site } from "../support/site.ts";
import { verifyDkim } from "../support/verifiers.ts";

const A_LABEL = "xn--bcher-kva.example.org";
const U_LABEL = "b\u00fccher.example.org";

for (const folder of [A_LABEL, U_LABEL]) {
  for (const from of [U_LABEL, `mail.${U_LABEL.toUpperCase()}`, A_LABEL]) {
    endToEnd(
      `\`dk-sign\` signs mail from ${from} with the key in ${folder}, as ${A_LABEL}`,
      async () => {
        await using site = await Site.open();
        await site.addKey(A_LABEL, "default", makeRsaKey(1024));
        const keys = `${site.folder}/keys`;
        await Deno.rename(`${keys}/${A_LABEL}`, `${keys}/${folder}`);
        const message = mailFrom(encodeUtf8(from));
        const result = await site.run("dk-sign", { message });
        assertEquals(
          fieldsOf(message, result).map(({ tags }) => tags.get("d")),
          [A_LABEL, A_LABEL],
        );
        assertEquals(
          verifyDkim(result.queued!.message, site.records),
          [`default._domainkey.${A_LABEL} pass`],
        );
      },
    );
  }
}

endToEnd(
  "`dk-sign` prefers the folder of the A-label to that of the U-label, and that to a parent's",
  async () => {
    await using site = await Site.open();
    await site.addKey("example.org", "default", makeRsaKey(1024));
    await site.write(`keys/${U_LABEL}/default`, "no key");
    const message = mailFrom(encodeUtf8(U_LABEL));
    assertRefused(await site.run("dk-sign", { message }), 55);
    await site.addKey(A_LABEL, "default", makeRsaKey(1024));
    const result = await site.run("dk-sign", { message });
    assertEquals(fieldsOf(message, result).length, 2);
  },
);

endToEnd(
  "`dk-sign` signs for no domain that a U-label is only written beside",
  async () => {
    await using site = await Site.open();
    for (const domain of ["example.com/\u00fc", "x\uff0eexample.com"]) {
      const message = mailFrom(encodeUtf8(domain));
      const result = await site.run("dk-sign", { message });
      assertEquals(fieldsOf(message, result), []);
    }
  },
);
