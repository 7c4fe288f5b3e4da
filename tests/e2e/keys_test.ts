// What becomes of a message as the key for it is there, missing, a parent's, or of no use: signed,
// unsigned or left where it is, as the pattern and the file say.

import { assert, assertEquals } from "@std/assert";
import {
  assertRefused,
  fieldsOf,
  largeMail,
  MAIL,
  mailFrom,
  toBytes,
} from "../support/mail.ts";
import { endToEnd, privilegeOf, wordsOf } from "../support/requirements.ts";
import { makeRsaKey, pemOf, Site } from "../support/site.ts";
import { verifyDkim, verifyDomainKeys } from "../support/verifiers.ts";

const KEYED = [
  { from: "example.com", d: "example.com" },
  { from: "EXAMPLE.Com", d: "example.com" },
  { from: "sub.example.com", d: "example.com" },
  { from: "a.b.c.d.e.example.com", d: "example.com" },
  { from: "own.example.com", d: "own.example.com" },
  { from: "x.own.example.com", d: "own.example.com" },
];

for (const { from, d } of KEYED) {
  endToEnd(
    `\`dk-sign\` signs mail from ${from} with the key of ${d}`,
    async () => {
      await using site = await Site.open();
      await site.addKey("own.example.com", "default", makeRsaKey(1024));
      const message = mailFrom(from);
      const result = await site.run("dk-sign", { message });
      assertEquals(
        fieldsOf(message, result).map(({ tags }) => tags.get("d")),
        [d, d],
      );
      const queued = result.queued!.message;
      assertEquals(
        verifyDkim(queued, site.records),
        [`default._domainkey.${d} pass`],
      );
      assertEquals(verifyDomainKeys(queued, site.records), "pass");
    },
  );
}

endToEnd(
  "`dk-sign` signs every domain with the one key of a pattern without %",
  async () => {
    await using site = await Site.open();
    const message = mailFrom("Sub.Example.ORG");
    const result = await site.run("dk-sign", {
      message,
      env: { DKSIGN: `${site.folder}/keys/example.com/default` },
    });
    assertEquals(
      fieldsOf(message, result).map((
        { tags },
      ) => [tags.get("d"), tags.get("s")]),
      [["sub.example.org", "default"], ["sub.example.org", "default"]],
    );
  },
);

endToEnd(
  "`dk-sign` exits 32 when the key of a pattern without % is missing",
  async () => {
    await using site = await Site.open();
    const path = `${site.folder}/keys/example.com/none`;
    for (const name of ["DKSIGN", "DKIMSIGNEXTRA"]) {
      const result = await site.run("dk-sign", {
        message: toBytes(MAIL),
        env: { [name]: path },
      });
      assertRefused(result, 32);
      assert(result.stderr.includes(path), result.stderr);
    }
  },
);

endToEnd(
  "`dk-sign` signs without the extra key where a domain has none",
  async () => {
    await using site = await Site.open();
    const message = toBytes(MAIL);
    const result = await site.run("dk-sign", {
      message,
      env: { DKIMSIGNEXTRA: `${site.folder}/keys/%/none` },
    });
    assertEquals(fieldsOf(message, result).length, 2);
  },
);

const RSA = pemOf(makeRsaKey(1024).privateKey);

/** tests/system/key_files_test.ts has more of them, in memory. */
const USELESS = [
  { name: "is cut short", pem: RSA.slice(0, 400) },
  { name: "is garbled", pem: RSA.replace(/\n..../, "\nAAAA") },
];

for (const { name, pem } of USELESS) {
  for (const pattern of ["keys/%/bad", "keys/example.com/bad"]) {
    endToEnd(
      `\`dk-sign\` exits 55 when the key ${name}, for ${pattern}`,
      async () => {
        await using site = await Site.open();
        const path = await site.write("keys/example.com/bad", String(pem));
        const result = await site.run("dk-sign", {
          message: toBytes(MAIL),
          env: { DKSIGN: `${site.folder}/${pattern}` },
        });
        assertRefused(result, 55);
        assert(result.stderr.includes(path), result.stderr);
        assertNoSecret(result.stderr, String(pem));
      },
    );
  }
}

endToEnd(
  "`dk-sign` never looks for the key of a top-level domain",
  async () => {
    await using site = await Site.open();
    await site.write("keys/org/default", RSA);
    for (const from of ["example.org", "a.b.example.org"]) {
      const message = mailFrom(from);
      const result = await site.run("dk-sign", { message });
      assertEquals(fieldsOf(message, result), []);
    }
  },
);

const SIZES = [
  { name: "small", message: toBytes(MAIL) },
  { name: "large", message: largeMail(6 << 20) },
];

for (const { name, message } of SIZES) {
  for (const line of [3, 6, 9, 12]) {
    endToEnd(
      `\`dk-sign\` exits 55 for a ${name} message when line ${line} of the key has been changed`,
      async () => {
        await using site = await Site.open();
        const pem = RSA.split("\n").with(line, "AAAA".repeat(16)).join("\n");
        await site.write("keys/example.com/default", pem);
        assertRefused(await site.run("dk-sign", { message }), 55);
      },
    );
  }
}

/** No line of a key in the log. */
function assertNoSecret(log: string, pem: string): void {
  for (const line of pem.split("\n").filter((line) => line.length > 40)) {
    assert(!log.includes(line), "a part of the key is in the log");
  }
}

/** Keys that are there and cannot be read; `%` stands for the domain. */
const UNREADABLE = [
  { name: "is a folder", setup: "mkdir keys/example.org/default" },
  { name: "is a FIFO", setup: "mkfifo keys/example.org/default" },
  {
    name: "is a link to a device",
    setup: "ln -s /dev/zero keys/example.org/default",
  },
  {
    name: "is in a file for a folder",
    setup: "rmdir keys/example.org; echo >keys/example.org",
  },
  {
    name: "is a loop of links",
    setup: "ln -s default keys/example.org/default",
  },
  {
    name: "may not be read",
    setup: "echo >keys/example.org/default; chmod 0 keys/example.org/default",
  },
  {
    name: "is in a folder that may not be entered",
    setup: "chmod 0 keys/example.org",
  },
];

for (const { name, setup } of UNREADABLE) {
  for (const from of ["example.org", "sub.example.org"]) {
    endToEnd(
      `\`dk-sign\` exits 55 for mail from ${from} when the key of example.org ${name}`,
      async () => {
        await using site = await Site.open();
        await Deno.mkdir(`${site.folder}/keys/example.org`);
        const result = await site.run("dk-sign", {
          message: mailFrom(from),
          cwd: site.folder,
          setup,
          prefix: wordsOf(privilegeOf(setup)),
        });
        assertRefused(result, 55);
      },
      privilegeOf(setup),
    );
  }
}

endToEnd("`dk-sign` signs with a key of any form", async () => {
  await using site = await Site.open();
  const { privateKey } = makeRsaKey(1024);
  const forms = {
    pkcs1: String(privateKey.export({ type: "pkcs1", format: "pem" })),
    crlf: pemOf(privateKey).replaceAll("\n", "\r\n"),
    text: `Bag Attributes\n  name: x\n${pemOf(privateKey)}trailing\n`,
  };
  for (const [name, pem] of Object.entries(forms)) {
    await site.write(`keys/example.com/${name}`, pem);
    const message = toBytes(MAIL);
    const result = await site.run("dk-sign", {
      message,
      env: { DKSIGN: `${site.folder}/keys/%/${name}` },
    });
    assertEquals(fieldsOf(message, result).map(({ tags }) => tags.get("s")), [
      name,
      name,
    ]);
  }
});
