// No From, however hostile, leads to a key that is not its own, out of the folder of the keys, or
// to a message that does not go on: with key files, in memory.

import { assertEquals, assertMatch } from "@std/assert";
import { KeyFiles } from "../../lib/system/keys/key_files.ts";
import { MAIL, mailFrom, toBytes } from "../support/mail.ts";
import { makeRsaKey, pemOf, Site } from "../support/site.ts";
import { sign } from "../support/signing.ts";

/** The fields that dk-sign puts on top, with a pattern below the folder of the site. */
async function newFieldsOf(
  site: Site,
  message: Uint8Array,
  pattern = "keys/%/default",
): Promise<string> {
  const { action, newFields, notes } = await sign([message], {
    keys: new KeyFiles(),
    options: { pattern: `${site.folder}/${pattern}` },
  });
  assertEquals(action, newFields === "" ? "unsigned" : "signed");
  if (newFields === "") assertMatch(notes.join(), /^reason,[ -~]+$/);
  return newFields;
}

const KEY = makeRsaKey(1024).privateKey;
const OF_253 = `${`${"a".repeat(63)}.`.repeat(3)}${"b".repeat(57)}.org`;

/** Domains that have no key. */
const KEYLESS = [
  { name: "another domain", domain: "example.org" },
  { name: "a top-level domain", domain: "com" },
  { name: "a domain whose end is ours", domain: "notexample.com" },
  { name: "a label of 63 octets", domain: `${"a".repeat(63)}.org` },
  { name: "a domain of 253 octets", domain: OF_253 },
];

/** What can be no domain: a key lies in wait wherever the file system takes it for a path. */
const IMPOSSIBLE = [
  { name: "../../etc", domain: "../../etc" },
  { name: "..", domain: ".." },
  { name: ".", domain: "." },
  { name: "a slash and dots", domain: "x/../example.com" },
  { name: "an absolute path", domain: "/etc/passwd" },
  { name: "a slash at its end", domain: "example.com/" },
  { name: "a final dot", domain: "example.com." },
  { name: "an empty label", domain: "a..example.com" },
  { name: "a leading dot", domain: ".example.com" },
  { name: "a NUL", domain: "example.com\0.org" },
  { name: "a NUL at its end", domain: "example.com\0" },
  { name: "a percent sign", domain: "%" },
  { name: "8-bit bytes", domain: "ex\xe4mple.com" },
  { name: "an address literal", domain: "[192.0.2.1]" },
  { name: "a path in a literal", domain: "[/../example.com]" },
  { name: "a comment alone", domain: "(example.com)" },
  { name: "a line feed", domain: "example\n.com" },
  { name: "a control character", domain: "exa\x1b[31mple.com" },
  { name: "255 octets", domain: `${OF_253}zz` },
  { name: "1000 octets", domain: `${"a".repeat(49)}.`.repeat(20) + "com" },
  { name: "a label of 64 octets", domain: `${"a".repeat(64)}.org` },
  { name: "a label of 1000 octets", domain: `${"a".repeat(1000)}.org` },
  { name: "100000 labels", domain: "a.".repeat(100_000) + "org" },
];

const PATTERNS = [
  { pattern: "a/b/keys/%/default", how: "alone" },
  { pattern: "a/b/keys/%.pem-%/default", how: "with text around it" },
  { pattern: "a/b/keys/%%", how: "twice, at the end" },
  { pattern: "a/b/%", how: "as the selector" },
];

for (
  const { name, domain, isTrap } of [
    ...KEYLESS.map((row) => ({ ...row, isTrap: false })),
    ...IMPOSSIBLE.map((row) => ({ ...row, isTrap: true })),
  ]
) {
  for (const { pattern, how } of PATTERNS) {
    Deno.test(
      `\`SignPass\` leaves mail from ${name} unsigned, with % ${how}`,
      async () => {
        await using site = await Site.open();
        await Deno.mkdir(`${site.folder}/a/b/keys`, { recursive: true });
        if (isTrap) await setTrap(site, pattern.replaceAll("%", domain));
        assertEquals(await newFieldsOf(site, mailFrom(domain), pattern), "");
      },
    );
  }
}

async function setTrap(site: Site, path: string): Promise<void> {
  try {
    await site.write(path, pemOf(KEY));
  } catch {
    // Too long or with a NUL: no file can have that name.
  }
}

Deno.test(
  "`SignPass` would fall into the traps of these tests if it could",
  async () => {
    await using site = await Site.open();
    await setTrap(site, "a/b/keys/x/../example.org/default");
    const pattern = "a/b/keys/%/default";
    const fields = await newFieldsOf(site, mailFrom("example.org"), pattern);
    assertMatch(fields, /^DKIM-Signature: [^]*^DomainKey-Signature: /m);
  },
);

const NO_FROM = [
  { name: "no From", from: "" },
  {
    name: "two From fields",
    from: "From: a@example.com\nFrom: b@example.com\n",
  },
  { name: "an empty From", from: "From:\n" },
  { name: "a From without an address", from: "From: Ann\n" },
  { name: "a malformed From", from: "From: <a@example.com\n" },
];

for (const { name, from } of NO_FROM) {
  Deno.test(`\`SignPass\` leaves a message with ${name} unsigned`, async () => {
    await using site = await Site.open();
    const message = toBytes(MAIL.replace(/^From:.*\n/, from));
    assertEquals(await newFieldsOf(site, message), "");
  });
}
