// control/dkimkeys by process: the first line, the 10,000th, none, and lines that stop a mail.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertRefused, fieldsOf, mailFrom } from "../support/mail.ts";
import { commandOf } from "../support/programs.ts";
import { runRemote } from "../support/remote.ts";
import { endToEnd } from "../support/requirements.ts";
import { makeRsaKey, Site } from "../support/site.ts";
import { verifyDkim, verifyDomainKeys } from "../support/verifiers.ts";

const KEY = makeRsaKey(1024);

/** A site with a key for example.com in DKSIGN, and a table. */
async function openSite(table: (folder: string) => string): Promise<Site> {
  const site = await Site.open();
  await site.addKey("customer.example", "s2026", KEY);
  await site.write("control/dkimkeys", table(site.folder));
  return site;
}

const FILLER = Array.from(
  { length: 9998 },
  (_, n) => `customer${n}.example.net:/etc/domainkeys/%/default\n`,
).join("");
const lineFor = (folder: string) => `customer.example:${folder}/keys/%/s2026\n`;

const FOUND: Record<string, (folder: string) => string> = {
  "the first line": (folder) => lineFor(folder) + FILLER,
  "the 10,000th line": (folder) => `# customers\n${FILLER}${lineFor(folder)}`,
  "a star before the parent of a domain": (folder) =>
    `other.example:-\n*.example:${folder}/keys/%/s2026\n`,
  "the star alone": (folder) =>
    `*.customer.example:-\n*:${folder}/keys/%/s2026\n`,
  "a relative path": () => "customer.example:../keys/customer.example/s2026\n",
};

for (const [name, table] of Object.entries(FOUND)) {
  for (const program of ["dk-sign", "qmail-dk"] as const) {
    endToEnd(
      `\`${program}\` signs with the key of ${name} of a table`,
      async () => {
        await using site = await openSite(table);
        const message = mailFrom("customer.example");
        const result = await site.run(program, { message });
        const queued = result.queued!.message;
        assertEquals(verifyDkim(queued, site.records), [
          "s2026._domainkey.customer.example pass",
        ]);
        assertEquals(verifyDomainKeys(queued, site.records), "pass");
      },
    );
  }
}

endToEnd(
  "`dk-sign` signs with DKSIGN where no line of the table is for the domain",
  async () => {
    await using site = await openSite((folder) => FILLER + lineFor(folder));
    const result = await site.run("dk-sign", {
      message: mailFrom("example.com"),
    });
    assertEquals(verifyDkim(result.queued!.message, site.records), [
      "default._domainkey.example.com pass",
    ]);
  },
);

endToEnd(
  "`dk-sign` signs with a table alone, and says why it signs nothing",
  async () => {
    await using site = await openSite((folder) =>
      `quiet.example:-\n${lineFor(folder)}`
    );
    delete site.env.DKSIGN;
    for (
      const [domain, count, log] of [
        ["customer.example", 2, / signed d=customer\.example /],
        ["quiet.example", 0, / unsigned reason="control\/dkimkeys says so" /],
        [
          "other.example",
          0,
          / unsigned reason="no line in control\/dkimkeys" /,
        ],
      ] as const
    ) {
      const message = mailFrom(domain);
      const result = await site.run("dk-sign", { message });
      assertEquals(fieldsOf(message, result).length, count, domain);
      assertMatch(result.stderr, log);
    }
  },
);

endToEnd("`dk-sign` signs as a line's variables say", async () => {
  await using site = await openSite((folder) =>
    lineFor(folder).replace("\n", ":DKSIGNWITH=dkim,DKIMSIGNOPTIONS=-c s\n")
  );
  const message = mailFrom("customer.example");
  const result = await site.run("dk-sign", { message });
  assertEquals(
    fieldsOf(message, result).map(({ name, tags }) => [name, tags.get("c")]),
    [["DKIM-Signature", "simple/simple"]],
  );
});

endToEnd("`dk-sign` reads no table under NODKIMKEYS", async () => {
  await using site = await openSite(() => "what is this\n");
  const message = mailFrom("example.com");
  const env = { NODKIMKEYS: "" };
  const result = await site.run("dk-sign", { message, env });
  assertEquals(fieldsOf(message, result).length, 2);
});

const STOPPED: Record<string, [table: string, says: RegExp]> = {
  "a line that cannot be understood": [
    "a.example:/k/s\n\ncustomer.example\n",
    /line 3 of control\/dkimkeys/,
  ],
  "a regular expression": [
    "^customer[.]example$:/k/s\n",
    /regular expressions are not read/,
  ],
  "an option that is none": [
    "customer.example:/k/s:DKIMSIGNOPTIONS=-y\n",
    /Line 1 of control\/dkimkeys: Option/,
  ],
  "a key that is a folder": ["customer.example:../keys\n", /\/keys/],
  "a key that is none": [
    "customer.example:dkimkeys\n",
    /Cannot use .*control\/dkimkeys/,
  ],
};

for (const [name, [table, says]] of Object.entries(STOPPED)) {
  endToEnd(`\`dk-sign\` exits 55 for ${name} in a table`, async () => {
    await using site = await openSite(() => table);
    const message = mailFrom("customer.example");
    const result = await site.run("dk-sign", { message });
    assertRefused(result, 55);
    assertMatch(result.stderr, says);
  });
}

endToEnd(
  "`dk-remote` signs with the key of a table, and defers for a line of no use",
  async () => {
    await using site = await openSite(lineFor);
    delete site.env.DKSIGN;
    const run = () =>
      runRemote({
        command: [
          ...commandOf("dk-remote"),
          ...["example.net", "ann@customer.example", "bob@example.net"],
        ],
        message: mailFrom("customer.example"),
        env: site.env,
      });
    const { sent } = await run();
    assertEquals(verifyDkim(sent!.message, site.records), [
      "s2026._domainkey.customer.example pass",
    ]);
    await site.write("control/dkimkeys", "customer.example\n");
    const { code, report, started } = await run();
    assertEquals([code, started], [0, false]);
    assert(report.startsWith("Zdk-remote: "), report);
  },
);
