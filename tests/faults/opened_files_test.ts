// Installed programs under strace: what they open, of a home that has files for the runtime too.

import { assertEquals } from "@std/assert";
import { Folder, install, needs } from "../support/installer.ts";
import { MAIL, toBytes } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";
import { runFilter } from "../support/queue.ts";

const STRACE = needs("/usr/bin/strace");

/** One installation for the tests of this file. */
let prefix: Folder;
Deno.test.beforeAll(async () => {
  prefix = await Folder.make();
  await install(["--prefix", prefix.path]);
});
Deno.test.afterAll(() => prefix[Symbol.asyncDispose]());

/** Where the system has its own: libraries, devices, the clock, and what is known of processes. */
const OF_THE_SYSTEM =
  /^(?:\/usr)?\/(?:lib\d*|share\/zoneinfo|proc|sys|dev)\/|^\/etc\/(?:ld\.so\.|localtime$)/;

for (const program of ["dk-sign", "dk-verify", "dk-remote"]) {
  for (const home of ["a home with files for the runtime", "no HOME"]) {
    endToEnd(
      `An installed \`${program}\` with ${home} opens nothing but its own files, keys and control files`,
      async () => {
        await using site = await Site.open();
        const trace = `${site.folder}/trace`;
        for (const name of [".npmrc", "deno.json", "package.json"]) {
          await site.write(`home/${name}`, "# \xff\nregistry=${REG}\n");
        }
        const { code, stderr } = await runFilter({
          command: [
            ...[
              "/usr/bin/strace",
              "-f",
              "-s",
              "300",
              "-e",
              "trace=open,openat",
            ],
            ...["-o", trace, `${prefix.path}/bin/${program}`],
            ...program === "dk-remote" ? ["h", "a@b", "c@d"] : ["/bin/true"],
          ],
          message: toBytes(MAIL),
          env: {
            ...site.env,
            ...home === "no HOME" ? {} : { HOME: `${site.folder}/home` },
            DKVERIFY: "",
            DKREMOTE: "/bin/true",
          },
          cwd: `${site.folder}/home`,
          next: "none",
        });
        assertEquals(code, 0, stderr);
        const opened = (await Deno.readTextFile(trace)).matchAll(
          /\bopen(?:at)?\([^"]*"([^"]*)"/g,
        );
        const own = [`${prefix.path}/`, `${site.folder}/keys/`];
        const others = opened.map(([, path]) => path!).filter((path) =>
          !OF_THE_SYSTEM.test(path) &&
          !own.some((start) => path.startsWith(start)) &&
          !path.startsWith(`${site.folder}/control/`)
        );
        // dk-remote looks whether the next program is itself.
        const allowed = ["/etc/resolv.conf", "/bin/true"];
        assertEquals([...others].filter((path) => !allowed.includes(path)), []);
      },
      STRACE,
    );
  }
}
