// The options for DomainKeys, and those that say which signatures are made and for whom, have their
// effect; a value that cannot be used throws, before anything is signed.

import { StepFailed } from "../../lib/qmail/exit_code.ts";
import { assertEquals, assertThrows } from "@std/assert";
import {
  EVERY_FIELD,
  nameOf,
  RICH,
  type Row,
  sign,
  signOptionsOf,
} from "../support/rich_mail.ts";
import { makeRsaKey, Site } from "../support/site.ts";

const DOMAINKEYS: Row[] = [
  {
    env: {},
    order: "a q c s d h b",
    tags: {
      a: "rsa-sha1",
      q: "dns",
      c: "nofws",
      s: "default",
      d: "example.com",
      h: EVERY_FIELD,
    },
  },
  { env: { DKSIGNOPTIONS: "" }, tags: { c: "nofws" } },
  { env: { DKSIGNOPTIONS: "-c nofws" }, tags: { c: "nofws" } },
  { env: { DKSIGNOPTIONS: "-c simple" }, tags: { c: "simple" } },
  { env: { DKSIGNOPTIONS: "-h" }, tags: { h: EVERY_FIELD } },
  {
    env: { DKSIGNOPTIONS: "-rc simple" },
    tags: {
      c: "simple",
      h: EVERY_FIELD.replace("Received:Received:", "").replace("CC:Cc:", ""),
    },
  },
];

for (const { env, order, tags } of DOMAINKEYS) {
  Deno.test(
    `\`SignPass\` writes the DomainKey-Signature of ${nameOf(env)}`,
    async () => {
      await using site = await Site.open();
      const { domainKeys } = await sign(site, env);
      if (order !== undefined) {
        assertEquals([...domainKeys!.keys()].join(" "), order);
      }
      for (const [name, value] of Object.entries(tags ?? {})) {
        assertEquals(domainKeys!.get(name), value, name);
      }
    },
  );
}

const SCHEMES = [
  { value: "dkim", made: [true, false] },
  { value: "domainkeys", made: [false, true] },
  { value: "dkim domainkeys", made: [true, true] },
  { value: "DomainKeys,DKIM", made: [true, true] },
];

for (const { value, made } of SCHEMES) {
  Deno.test(`\`SignPass\` signs with DKSIGNWITH="${value}"`, async () => {
    await using site = await Site.open();
    const { dkim, domainKeys } = await sign(site, { DKSIGNWITH: value });
    assertEquals([dkim !== undefined, domainKeys !== undefined], made);
  });
}

/** Whose domain signs, when From and Sender are of different ones. */
const AUTHORS = [
  {
    align: undefined,
    keys: ["example.com", "example.org"],
    dkim: "example.com",
  },
  { align: "from", keys: ["example.com", "example.org"], dkim: "example.com" },
  {
    align: "sender",
    keys: ["example.com", "example.org"],
    dkim: "example.org",
  },
  { align: "from", keys: ["example.org"], dkim: "example.org" },
  { align: "sender", keys: ["example.com"], dkim: "example.com" },
];

for (const { align, keys, dkim: domain } of AUTHORS) {
  Deno.test(
    `\`SignPass\` signs for ${domain} with DKIMALIGN=${
      align ?? "(unset)"
    } and keys of ${keys.join(" and ")}`,
    async () => {
      await using site = await Site.open();
      await Deno.remove(`${site.folder}/keys/example.com`, { recursive: true });
      for (const key of keys) {
        await site.addKey(key, "default", makeRsaKey(1024));
      }
      const text = RICH.replace(
        "Sender: ann@example.com",
        "Sender: x@Mail.example.org",
      );
      const env: Record<string, string> = align === undefined
        ? {}
        : { DKIMALIGN: align };
      const { dkim, domainKeys } = await sign(site, env, text);
      assertEquals(dkim?.get("d"), domain);
      // DomainKeys is the Sender's, where there is one.
      assertEquals(
        domainKeys?.get("d"),
        keys.find((key) => key === "example.org"),
      );
    },
  );
}

const BAD: Record<string, string[]> = {
  DKIMSIGNOPTIONS: [
    ...["-k", "-lk", "-lqtk", "-", "--", "--help", "l", "-l r", "-L", "-b"],
    ...[
      "-c",
      "-c x",
      "-c rs",
      "-cR",
      "-x",
      "-x 0",
      "-x -1",
      "-x 1h",
      "-x 12345678901",
    ],
    ...[
      "-z",
      "-z 1",
      "-z 3",
      "-z sha256",
      "-i",
      "-i ann",
      "-i a@b;c",
      "-i a@example.com/\xfc",
    ],
  ],
  DKSIGNOPTIONS: ["-k", "-c", "-c relaxed", "-c x", "r", "-l", "-hrk"],
  DKSIGNWITH: ["", " ", "arc", "dkim,arc", "dkim domainkey"],
  DKIMALIGN: ["", "both", "From", "from "],
  DKIMSIGNHEADERS: ["From;To", "From b=c", "\xe9", "Fr*om"],
  DKIMOVERSIGN: ["From;To", "List-*"],
  DKSIGN: [
    "",
    "/",
    "/keys/%/",
    "/keys/%/a;b",
    "/keys/%/a b",
    "/keys/%/..",
    "/keys/%/a_\xe9",
  ],
  DKIMSIGNEXTRA: ["", "/keys/%/"],
};

for (const [name, values] of Object.entries(BAD)) {
  for (const value of values) {
    Deno.test(`${name}="${value}" cannot be used`, () => {
      const env = { DKSIGN: "/keys/%/default", [name]: value };
      assertThrows(() => signOptionsOf(env), StepFailed);
    });
  }
}
