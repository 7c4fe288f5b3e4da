// Which mail is signed and with whose key: RELAYCLIENT, DKVERIFY, DKSIGN and the control files.
// The rows that verify are not here.

import { assertEquals } from "@std/assert";
import type { FilterResult } from "../support/queue.ts";
import { assertRefused, fieldsOf, MAIL, toBytes } from "../support/mail.ts";
import {
  endToEnd,
  MOUNTING,
  privilegeOf,
  wordsOf,
} from "../support/requirements.ts";
import { makeRsaKey, Site, type SiteRun } from "../support/site.ts";

const MESSAGE = toBytes(MAIL);

/** A site with keys of the selectors `dksign` and `control`, and what names them. */
async function openSite(control?: string): Promise<Site> {
  const site = await Site.open();
  for (const selector of ["dksign", "control"]) {
    await site.addKey("example.com", selector, makeRsaKey(1024));
  }
  delete site.env.DKSIGN;
  if (control !== undefined) {
    await site.write(
      "control/dksign",
      control.replace("KEYS", `${site.folder}/keys`),
    );
  }
  return site;
}

/** The selector that has signed, or `nobody`. */
function signerOf(result: FilterResult): string {
  const selectors = fieldsOf(MESSAGE, result).map(({ tags }) => tags.get("s"));
  assertEquals(new Set(selectors).size <= 1, true);
  return selectors[0] ?? "nobody";
}

const QMAIL_DK = [
  { relay: "", verify: undefined, sign: "dksign", signer: "dksign" },
  { relay: "", verify: "DEGIJKfh", sign: "dksign", signer: "dksign" },
  {
    relay: "@example.com",
    verify: undefined,
    sign: "dksign",
    signer: "dksign",
  },
  { relay: "", verify: undefined, sign: undefined, signer: "control" },
  { relay: "", verify: "", sign: undefined, signer: "control" },
  { relay: undefined, verify: undefined, sign: "dksign", signer: "dksign" },
  { relay: undefined, verify: undefined, sign: undefined, signer: "nobody" },
];

for (const { relay, verify, sign, signer } of QMAIL_DK) {
  const variables: [string, string | undefined][] = [
    ["RELAYCLIENT", relay],
    ["DKVERIFY", verify],
    ["DKSIGN", sign],
  ];
  const set = variables.filter(([, value]) => value !== undefined);
  const words = set.map(([name, value]) => `${name}="${value}"`).join(" ");
  endToEnd(
    `\`qmail-dk\` signs as ${signer} with ${words || "nothing set"}`,
    async () => {
      await using site = await openSite("KEYS/%/control\n");
      const env: Record<string, string> = Object.fromEntries(
        set.map(([name, value]) => [
          name,
          name === "DKSIGN" ? `${site.folder}/keys/%/${value}` : value!,
        ]),
      );
      const result = await site.run("qmail-dk", { message: MESSAGE, env });
      assertEquals(signerOf(result), signer);
    },
  );
}

/** A folder in place of /etc, with keys in the place where qmail-dk looks for them. */
const WITH_ETC = `mkdir etc && cp /etc/passwd /etc/group etc/ &&
  { cp /etc/ld.so.cache etc/ || :; } 2>/dev/null &&
  mkdir etc/domainkeys && cp -R keys/example.com etc/domainkeys/ &&
  mount --bind etc /etc && exec "$@"`;

endToEnd(
  "`qmail-dk` signs for a relay client with /etc/domainkeys/%/default when nothing is said",
  async () => {
    await using site = await openSite();
    const shell = ["/bin/sh", "-c", WITH_ETC, "sh"];
    const result = await site.run("qmail-dk", {
      message: MESSAGE,
      cwd: site.folder,
      env: { RELAYCLIENT: "" },
      prefix: [...wordsOf(MOUNTING), ...shell],
    });
    assertEquals(signerOf(result), "default");
  },
  MOUNTING,
);

const DK_SIGN: {
  name: string;
  env: Record<string, string>;
  control?: string;
  signer: string;
}[] = [
  {
    name: "DKSIGN",
    env: { DKSIGN: "dksign" },
    signer: "dksign",
  },
  {
    name: "DKSIGN rather than control/dksign",
    env: { DKSIGN: "dksign" },
    control: "KEYS/%/control\n",
    signer: "dksign",
  },
  {
    name: "control/dksign",
    env: {},
    control: "KEYS/%/control\n",
    signer: "control",
  },
  {
    name: "control/dksign for an outsider too",
    env: { DKVERIFY: "" },
    control: "KEYS/%/control\n",
    signer: "control",
  },
  {
    name: "the first line of control/dksign",
    env: {},
    control: "KEYS/%/control\nKEYS/%/dksign\n",
    signer: "control",
  },
  {
    name: "control/dksign without its final white space",
    env: {},
    control: "KEYS/%/control \t \r\n",
    signer: "control",
  },
  {
    name: "control/dksign without a final newline",
    env: {},
    control: "KEYS/%/control",
    signer: "control",
  },
  { name: "nothing", env: {}, signer: "nobody" },
  {
    name: "RELAYCLIENT alone",
    env: { RELAYCLIENT: "" },
    signer: "nobody",
  },
];

for (const { name, env: given, control, signer } of DK_SIGN) {
  endToEnd(`\`dk-sign\` signs as ${signer} with ${name}`, async () => {
    await using site = await openSite(control);
    const env: Record<string, string> = { ...given };
    if (env.DKSIGN) env.DKSIGN = `${site.folder}/keys/%/${env.DKSIGN}`;
    const result = await site.run("dk-sign", { message: MESSAGE, env });
    assertEquals(signerOf(result), signer);
  });
}

const BAD_CONTROL = [
  { name: "is empty", setup: ": >control/dksign" },
  { name: "has an empty first line", setup: 'printf "\\nx" >control/dksign' },
  { name: "is a folder", setup: "mkdir control/dksign" },
  { name: "is a loop of links", setup: "ln -s dksign control/dksign" },
  {
    name: "may not be read",
    setup: "echo x >control/dksign; chmod 0 control/dksign",
  },
  { name: "is in a file for a folder", setup: "rmdir control; echo >control" },
];

for (const program of ["dk-sign", "qmail-dk"] as const) {
  for (const { name, setup } of BAD_CONTROL) {
    endToEnd(
      `\`${program}\` exits 55 when control/dksign ${name}`,
      async () => {
        await using site = await openSite();
        const run: SiteRun = {
          message: MESSAGE,
          cwd: site.folder,
          env: { RELAYCLIENT: "" },
          setup,
          prefix: wordsOf(privilegeOf(setup)),
        };
        assertRefused(await site.run(program, run), 55);
      },
      privilegeOf(setup),
    );
  }
}
