// Each variable that says how to sign reaches the signatures; a value that cannot be used is 55, before
// anything is signed. tests/pass/sign_options_test.ts and dkim_options_test.ts have all values, in memory.

import { assertEquals } from "@std/assert";
import { assertRefused, fieldsOf, MAIL, toBytes } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { makeEd25519Key, makeRsaKey, Site } from "../support/site.ts";

const MESSAGE = toBytes(`Sender: sue@example.org\n${MAIL}`);

/**
 * A value, and d=, s=, c= and the number of names in h= of each signature: six fields are there, of
 * nine names one more is signed. `KEYS` is the folder of the keys.
 */
const GOOD: Record<string, [value: string, signatures: string[]]> = {
  DKIMSIGNOPTIONS: ["-c s", [
    "com default simple/simple 15",
    "org default nofws 6",
  ]],
  DKSIGNOPTIONS: ["-c simple", [
    "com default relaxed/relaxed 15",
    "org default simple 6",
  ]],
  DKSIGNWITH: ["dkim", ["com default relaxed/relaxed 15"]],
  DKIMALIGN: ["sender", [
    "org default relaxed/relaxed 15",
    "org default nofws 6",
  ]],
  DKIMSIGNHEADERS: ["From", [
    "com default relaxed/relaxed 2",
    "org default nofws 6",
  ]],
  DKIMOVERSIGN: ["", [
    "com default relaxed/relaxed 6",
    "org default nofws 6",
  ]],
  DKSIGN: ["KEYS/%/ed", ["com ed relaxed/relaxed 15"]],
  DKIMSIGNEXTRA: ["KEYS/%/ed", [
    "com default relaxed/relaxed 15",
    "com ed relaxed/relaxed 15",
    "org default nofws 6",
  ]],
};

for (const [name, [value, signatures]] of Object.entries(GOOD)) {
  endToEnd(`\`dk-sign\` signs with ${name}="${value}"`, async () => {
    await using site = await Site.open();
    await site.addKey("example.org", "default", makeRsaKey(1024));
    await site.addKey("example.com", "ed", makeEd25519Key());
    const env = { [name]: value.replace("KEYS", `${site.folder}/keys`) };
    const result = await site.run("dk-sign", { message: MESSAGE, env });
    const found = fieldsOf(MESSAGE, result).map(({ tags }) =>
      [
        tags.get("d")!.replace("example.", ""),
        tags.get("s"),
        tags.get("c"),
        tags.get("h")!.split(":").length,
      ].join(" ")
    );
    assertEquals(found, signatures);
  });
}

const BAD: Record<string, string> = {
  DKIMSIGNOPTIONS: "-c",
  DKSIGNOPTIONS: "-k",
  DKSIGNWITH: "arc",
  DKIMALIGN: "both",
  DKIMSIGNHEADERS: "\xe9",
  DKIMOVERSIGN: "List-*",
  DKSIGN: "/keys/%/",
  DKIMSIGNEXTRA: "/keys/%/a_\xe9",
};

for (const [name, value] of Object.entries(BAD)) {
  endToEnd(`\`dk-sign\` exits 55 for ${name}="${value}"`, async () => {
    await using site = await Site.open();
    const env = { [name]: value };
    assertRefused(await site.run("dk-sign", { message: MESSAGE, env }), 55);
  });
}
