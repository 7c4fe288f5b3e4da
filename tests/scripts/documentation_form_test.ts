// Manual pages are good mdoc(7), and refer to pages that there are.

import { assert, assertEquals } from "@std/assert";
import { DOCUMENTED, pathOf, readProject } from "../support/manual.ts";

/** Pages of qmail, daemontools, djbdns, ucspi-tcp and the system. */
const OTHER_PAGES = [
  "axfrdns 8",
  "dnscache 8",
  "envdir 8",
  "getopt 3",
  "hostname 1",
  "multilog 8",
  "named 8",
  "qmail-queue 8",
  "qmail-remote 8",
  "qmail-rspawn 8",
  "qmail-send 8",
  "qmail-smtpd 8",
  "qmail-start 8",
  "softlimit 8",
  "supervise 8",
  "svscan 8",
  "tcpserver 1",
  "tinydns 8",
  "tinydns-data 8",
];

/** `filters/dk-sign.8` is the page `dk-sign 8`. */
const OUR_PAGES = DOCUMENTED.map(({ page }) =>
  page.replace(/^.*\//, "").replace(".", " ")
);

/** It looks for pages in /usr/share/man alone, where ours and those of qmail are not. */
const NOT_FOUND = /STYLE: referenced manual not found: Xr /;

/** What mandoc exits with when it has remarks on style and no more. */
const STYLE_CODE = 1;

const hasMandoc = await canRun("mandoc");

for (const { name, page } of DOCUMENTED) {
  Deno.test({
    name: `mandoc -T lint has nothing to say of ${page}` +
      (hasMandoc ? "" : " (ignored: no mandoc)"),
    ignore: !hasMandoc,
    async fn() {
      const { code, stdout } = await new Deno.Command("mandoc", {
        args: ["-T", "lint", pathOf(page)],
        stderr: "null",
      }).output();
      const lines = new TextDecoder().decode(stdout).split("\n");
      assertEquals(
        lines.filter((line) => line !== "" && !NOT_FOUND.test(line)),
        [],
      );
      assert(code <= STYLE_CODE, `mandoc exits ${code}`);
    },
  });

  Deno.test(`${page} is named as the program is, and refers to pages that there are`, () => {
    const lines = readProject(page).split("\n");
    const [, section] = page.split(".");
    assertEquals(lines[1], `.Dt ${name.toUpperCase()} ${section}`);
    assert(lines.includes(`.Nm ${name}`));
    const references = lines.flatMap((line) =>
      /^\.Xr (\S+ \d)/.exec(line)?.[1] ?? []
    );
    const known = [...OUR_PAGES, ...OTHER_PAGES];
    assert(references.length > 0);
    assertEquals(references.filter((page) => !known.includes(page)), []);
  });
}

async function canRun(program: string): Promise<boolean> {
  try {
    await new Deno.Command(program, { stdin: "null", stdout: "null" }).output();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
