// qmail is upgraded while dk-remote is in front of qmail-remote: its installer opens each of its
// programs, truncates it and writes it anew. Mail is signed before and after, as qmail-rspawn sends
// it: by the first qmail-remote in PATH.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { runRemote } from "../support/remote.ts";
import { Folder, install } from "../support/installer.ts";
import { MAIL, toBytes, toText } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";

/** What prints all that it is given, as a report. */
function realRemote(version: string): string {
  return `#!/bin/sh\nprintf 'r${version} '\ncat\nprintf '\\0K\\0'\n`;
}

/** As instfiles of notqmail, and install of qmail 1.03: through a link, if there is one. */
async function upgradeQmail(bin: string): Promise<void> {
  const path = `${bin}/qmail-remote`;
  await Deno.writeTextFile(path, realRemote("new"));
  await Deno.chmod(path, 0o711);
}

endToEnd(
  "Mail is signed by dk-remote after an upgrade of qmail, and unsigned mail goes out when we are gone",
  async () => {
    await using folder = await Folder.make();
    await using site = await Site.open();
    const bin = `${folder.path}/bin`;
    await install(["--prefix", folder.path]);
    await Deno.writeTextFile(`${bin}/qmail-remote`, realRemote("old"));
    await Deno.chmod(`${bin}/qmail-remote`, 0o755);
    const launcher = await Deno.readTextFile(`${bin}/dk-remote`);

    const send = async () => {
      const { code, report } = await runRemote({
        // qmail-rspawn calls execvp.
        command: ["/usr/bin/env", "qmail-remote", "example.net", "a@b", "c@d"],
        message: toBytes(MAIL),
        env: {
          ...site.env,
          PATH: `${folder.path}/lib/dk-remote:${bin}:/usr/bin:/bin`,
          DKREMOTE: `${bin}/qmail-remote`,
        },
        named: false,
      });
      assertEquals(code, 0);
      return report;
    };
    assertMatch(await send(), /^rold DKIM-Signature: /);
    await upgradeQmail(bin);
    assertMatch(await send(), /^rnew DKIM-Signature: /);
    assertEquals(await Deno.readTextFile(`${bin}/dk-remote`), launcher);
    // A newer version of ours is found by the same PATH.
    await Deno.writeTextFile(`${folder.path}/env`, "DKSIGNWITH=domainkeys\n");
    await install(["--prefix", folder.path, "--env", `${folder.path}/env`]);
    assertMatch(await send(), /^rnew DomainKey-Signature: /);
    // Whoever removes us by force has his mail sent all the same.
    await install(["--prefix", folder.path, "--uninstall", "--force"]);
    assertEquals(await send(), `rnew ${toText(toBytes(MAIL))}\0K\0`);
    assert(!await isThere(`${folder.path}/lib/dk-remote`));
  },
);

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    // Gone.
    return false;
  }
}
