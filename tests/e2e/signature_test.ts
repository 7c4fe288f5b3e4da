// The signatures are right to verifiers that share nothing with this project, for messages of
// some shapes and in every canonicalization, and each message goes on byte for byte as it came.

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { fieldsOf, MAIL, toBytes, toText } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { makeEd25519Key, Site } from "../support/site.ts";
import { verifyDkim, verifyDomainKeys } from "../support/verifiers.ts";

const HEADER = MAIL.slice(0, MAIL.indexOf("\n\n") + 1);
const ALL_BYTES = String.fromCharCode(...Array(256).keys());

/** tests/pass/sign_shapes_test.ts has more of them, in memory. */
const SHAPES = [
  { name: "LF and CRLF mixed", message: `${HEADER}\r\n\na\r\nb\nc\r\n\r\n` },
  { name: "no blank line and no final newline", message: HEADER.trimEnd() },
  {
    name: "every byte",
    message: `${HEADER}\n${ALL_BYTES.replace("\r", "")}\n`,
  },
];

const CANONICALIZATIONS = [
  { dkim: "r", domainKeys: "nofws", c: "relaxed/relaxed" },
  { dkim: "s", domainKeys: "simple", c: "simple/simple" },
  { dkim: "t", domainKeys: "nofws", c: "relaxed/simple" },
  { dkim: "u", domainKeys: "simple", c: "simple/relaxed" },
];

for (const { name, message: text } of SHAPES) {
  endToEnd(`\`dk-sign\` signs a message with ${name}`, async () => {
    await using site = await Site.open();
    const message = toBytes(text);
    await Promise.all(
      CANONICALIZATIONS.map(async ({ dkim, domainKeys, c }) => {
        const result = await site.run("dk-sign", {
          message,
          env: {
            DKIMSIGNOPTIONS: `-c ${dkim}`,
            DKSIGNOPTIONS: `-c ${domainKeys}`,
          },
        });
        const fields = fieldsOf(message, result);
        assertEquals(
          fields.map(({ name, tags }) => [name, tags.get("c")]),
          [["DKIM-Signature", c], ["DomainKey-Signature", domainKeys]],
        );
        const queued = result.queued!.message;
        assertEquals(
          verifyDkim(queued, site.records),
          ["default._domainkey.example.com pass"],
          c,
        );
        assertEquals(
          verifyDomainKeys(queued, site.records),
          "pass",
          domainKeys,
        );
      }),
    );
  });
}

endToEnd("`dk-sign` signs with Ed25519 beside RSA", async () => {
  await using site = await Site.open();
  await site.addKey("example.com", "ed", makeEd25519Key());
  const message = toBytes(MAIL);
  const result = await site.run("dk-sign", {
    message,
    env: { DKIMSIGNEXTRA: `${site.folder}/keys/%/ed` },
  });
  assertEquals(
    fieldsOf(message, result).map(({ name, tags }) => [
      name,
      tags.get("a"),
      tags.get("s"),
    ]),
    [
      ["DKIM-Signature", "rsa-sha256", "default"],
      ["DKIM-Signature", "ed25519-sha256", "ed"],
      ["DomainKey-Signature", "rsa-sha1", "default"],
    ],
  );
  const queued = result.queued!.message;
  assertEquals(verifyDkim(queued, site.records), [
    "default._domainkey.example.com pass",
    "ed._domainkey.example.com pass",
  ]);
  assertEquals(verifyDomainKeys(queued, site.records), "pass");
});

endToEnd(
  "`dk-sign` signs with an Ed25519 key alone, by DKIM alone",
  async () => {
    await using site = await Site.open();
    await site.addKey("example.com", "ed", makeEd25519Key());
    for (const text of [MAIL, `${HEADER}\n`, HEADER]) {
      const message = toBytes(text);
      const result = await site.run("dk-sign", {
        message,
        env: { DKSIGN: `${site.folder}/keys/%/ed` },
      });
      assertEquals(
        fieldsOf(message, result).map(({ name }) => name),
        ["DKIM-Signature"],
      );
      assertEquals(
        verifyDkim(result.queued!.message, site.records),
        ["ed._domainkey.example.com pass"],
      );
    }
  },
);

endToEnd(
  "`dk-sign` keeps a first line that continues nothing from continuing its own field",
  async () => {
    await using site = await Site.open();
    for (const line of [" x", "\tx", " "]) {
      const message = `${line}\n${MAIL}`;
      const { code, queued } = await site.run("dk-sign", {
        message: toBytes(message),
      });
      assertEquals(code, 0);
      const text = toText(queued!.message);
      assertEquals(text.endsWith(`\nX-Orphaned-Line:\n${message}`), true);
      assertEquals(verifyDkim(queued!.message, site.records), [
        "default._domainkey.example.com pass",
      ]);
      assertEquals(verifyDomainKeys(queued!.message, site.records), "pass");
    }
  },
);

/** Changes that a signature has to notice; without them a verifier that always passes would do. */
const CHANGES = [
  { name: "a changed body", from: "Hello Bob", to: "Hello Rob" },
  { name: "a changed Subject", from: "the first", to: "the worst" },
  { name: "a changed From", from: "ann@", to: "dan@" },
  { name: "a line more", from: "Hello Bob\n", to: "Hello Bob\n.\n" },
];

for (const { name, from, to } of CHANGES) {
  endToEnd(`the verifiers of these tests notice ${name}`, async () => {
    await using site = await Site.open();
    const { queued } = await site.run("dk-sign", { message: toBytes(MAIL) });
    const text = toText(queued!.message);
    const changed = toBytes(text.replace(from, to));
    assertNotEquals(toBytes(text), changed);
    const [dkim] = verifyDkim(changed, site.records);
    assertMatch(dkim!, / (fail|neutral)$/);
    assertEquals(verifyDomainKeys(changed, site.records), "fail");
  });
}

/** Fields that nobody must be able to add behind our back (RFC 6376 section 8.15). */
for (const name of ["From", "Reply-To", "Subject", "To", "Cc", "Date"]) {
  endToEnd(`an added ${name} breaks the DKIM signature`, async () => {
    await using site = await Site.open();
    const { queued } = await site.run("dk-sign", { message: toBytes(MAIL) });
    const text = toText(queued!.message);
    const added = toBytes(`${name}: eve@example.org\n${text}`);
    const [dkim] = verifyDkim(added, site.records);
    assertEquals(dkim, "default._domainkey.example.com fail");
  });
}

// What verifiers make of a lone CR differs, so this one is held against the hash itself.
endToEnd(
  "`dk-sign` names a lone CR in the log and hashes it as it stands",
  async () => {
    await using site = await Site.open();
    const message = toBytes(`${MAIL}a\rb\r\rc\r\r\n`);
    const result = await site.run("dk-sign", {
      message,
      env: { DKIMSIGNOPTIONS: "-c s" },
    });
    assertMatch(result.stderr, / bare_cr=4 /);
    const [dkim] = fieldsOf(message, result);
    const hash = createHash("sha256").update("Hello Bob\r\na\rb\r\rc\r\r\n");
    assertEquals(dkim!.tags.get("bh"), hash.digest("base64"));
    assertEquals(
      verifyDomainKeys(result.queued!.message, site.records),
      "pass",
    );
  },
);
