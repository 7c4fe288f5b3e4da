// Installed programs write nothing but in TMPDIR: every system call that names a file, as strace
// has seen it, of a program that runs as qmaild.

import { assert, assertEquals } from "@std/assert";
import { largeMail, MAIL, toBytes } from "../support/mail.ts";
import { endToEnd } from "../support/requirements.ts";
import { BareHost, traceFiles } from "./bare_host.ts";
import {
  ignoreUnlessInstallable,
  installedPrograms,
  KINDS,
} from "./installed_programs.ts";
import { ignoreUnless, ignoreUnlessRuns, ROOT } from "./requirements.ts";

const NEEDS = [
  ROOT,
  ignoreUnless("setuidgid"),
  await ignoreUnlessRuns(
    "strace may not trace",
    ["strace", "-o", "/dev/null", "true"],
  ),
];

const MESSAGES = [
  { size: "a small message", message: toBytes(MAIL) },
  { size: "a message of 6 MB", message: largeMail(6e6), usesFile: true },
];

for (const kind of KINDS) {
  const isInstallable = await ignoreUnlessInstallable(kind);
  for (const program of ["dk-sign", "dk-verify"]) {
    for (const { size, message, usesFile = false } of MESSAGES) {
      endToEnd(
        `\`${program}\`, ${kind}, writes nothing but in TMPDIR with ${size}`,
        async () => {
          await using host = await BareHost.open();
          const path = `${await installedPrograms(kind)}/${program}`;
          const trace = await traceFiles(host, path, message);
          // It is the whole way, to the next program.
          assert(trace.some((line) => /execve\("\/bin\/true"/.test(line)));
          const written = trace.filter(changesFiles);
          const inside = written.filter((line) =>
            line.includes(`"${host.folder}/tmp`)
          );
          const outside = written.filter((line) => !inside.includes(line));
          assertEquals(outside, []);
          assertEquals(inside.length > 0, usesFile, inside.join("\n"));
          assertEquals(await host.temporaryFiles(), []);
        },
        isInstallable,
        ...NEEDS,
      );
    }
  }
}

const CHANGES =
  /\b(?:creat|mkdir|mkdirat|mknod|mknodat|link|linkat|symlink|symlinkat|rename|renameat|renameat2|unlink|unlinkat|rmdir|truncate|chmod|fchmodat|chown|lchown|fchownat|utime|utimes|utimensat|futimesat|setxattr|lsetxattr|removexattr|mount)\(/;
const OPENS_TO_WRITE = /\bopen(?:at2?)?\(.*\b(?:O_WRONLY|O_RDWR|O_CREAT)\b/;

/** A finished file without a name, on which chain.ts leaves its mark. */
const MARKS = /\butimensat\(AT_FDCWD, "\/dev\/fd\/\d+", /;

/** Also where it was tried in vain. What is in /dev is no file, and has none below it. */
function changesFiles(line: string): boolean {
  if (MARKS.test(line)) return false;
  if (/"\/dev\/(?:null|tty)["\/]/.test(line)) return false;
  return CHANGES.test(line) || OPENS_TO_WRITE.test(line);
}
