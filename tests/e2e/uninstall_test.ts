// Removing an installation that something still asks for: it stays, and what to undo is said. Each
// way that the documentation has is tried, and undone.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { findUses } from "../../scripts/site/uses.ts";
import {
  Folder,
  install,
  runInstaller,
  sendThrough,
} from "../support/installer.ts";
import { endToEnd } from "../support/requirements.ts";

interface Use {
  /** Files by their names below the folder of a test; `P` is the prefix in them. */
  files: Record<string, string>;
  /** The place that has to be named, and what is there. */
  said: string[];
}

const RUN = `#!/bin/sh
exec envdir ./env tcpserver -vR -x D/tcp.smtp.cdb -u 7791 -g 2108 0 smtp \\
  /var/qmail/bin/qmail-smtpd 2>&1
`;
const SEND = 'exec env - PATH="/var/qmail/bin:$PATH" qmail-start ./Mailbox\n';

const USES: Record<string, Use> = {
  "QMAILREMOTE in a run script": {
    files: {
      "service/send/run":
        `export QMAILREMOTE="P/bin/dk-remote"\nexec qmail-start\n`,
    },
    said: ["service/send/run: QMAILREMOTE=P/bin/dk-remote"],
  },
  "a variable in a path of a run script": {
    files: {
      "service/send/run": "QMAILREMOTE=$(cat x)/dk-remote qmail-start\n",
    },
    said: ["service/send/run: QMAILREMOTE=$(cat x)/dk-remote"],
  },
  "PATH in a run script": {
    files: { "service/send/run": SEND.replace("/var", "P/lib/dk-remote:/var") },
    said: ["service/send/run: PATH=P/lib/dk-remote:/var/qmail/bin:$PATH"],
  },
  "an argument in a run script": {
    files: {
      "service/smtpd/run":
        `#!/bin/sh\nexport DKQUEUE='P/bin/dk-sign /bin/true'\nexec qmail-smtpd\n`,
    },
    said: ["service/smtpd/run: DKQUEUE=P/bin/dk-sign /bin/true"],
  },
  "a file in the envdir of a run script": {
    files: {
      "service/smtpd/run": RUN,
      "service/smtpd/env/QMAILQUEUE": "P/bin/qmail-dk  \n",
    },
    said: ["service/smtpd/env/QMAILQUEUE: QMAILQUEUE=P/bin/qmail-dk"],
  },
  "the text of tcprules": {
    files: {
      "service/smtpd/run": RUN,
      "tcp.smtp": '# P/bin/dk-sign\n10.:allow,QMAILQUEUE="P/bin/qmail-dk"\n',
    },
    said: ["tcp.smtp: 10.: QMAILQUEUE=P/bin/qmail-dk"],
  },
};

for (const [name, { files, said }] of Object.entries(USES)) {
  endToEnd(
    `\`install --uninstall\` removes nothing while there is ${name}, and says what to undo`,
    async () => {
      await using folder = await Folder.makeInstalled();
      const prefix = `${folder.path}/p`;
      const fill = (text: string) =>
        text.replaceAll("P/", `${prefix}/`).replace("D/", `${folder.path}/`);
      for (const [file, text] of Object.entries(files)) {
        await write(`${folder.path}/${file}`, fill(text));
      }
      const args = ["--prefix", prefix, "--uninstall"];
      const runs = Object.keys(files).filter((file) => file.endsWith("/run"))
        .flatMap((file) => ["--run", `${folder.path}/${file}`]);
      for (const extra of [[], ["--dry-run"]]) {
        const refused = await runInstaller([...args, ...runs, ...extra]);
        assertEquals([refused.code, refused.stdout], [1, ""]);
        for (const line of said) {
          assert(
            refused.stderr.includes(
              `  ${folder.path}/${
                line.replaceAll("P/", `${prefix}/`)
              }\n    -> `,
            ),
            refused.stderr,
          );
        }
      }
      const { code } = await sendThrough(`${prefix}/bin/qmail-dk`);
      assertEquals(code, 0);
      for (const file of Object.keys(files)) {
        await Deno.writeTextFile(`${folder.path}/${file}`, "#!/bin/sh\n");
      }
      await install([...args, ...runs]);
    },
  );
}

endToEnd(
  "`install --uninstall --force` removes what is in use, and says what fails now",
  async () => {
    await using folder = await Folder.makeInstalled();
    const prefix = `${folder.path}/p`;
    const run = `${folder.path}/service/send/run`;
    await write(run, `QMAILREMOTE=${prefix}/bin/dk-remote qmail-start\n`);
    const args = ["--prefix", prefix, "--uninstall", "--run", run];
    const stdout = await install([...args, "--force"]);
    assert(stdout.includes(`${run}: QMAILREMOTE=`), stdout);
    assertMatch(stdout, /removed all from /);
    const again = await runInstaller(args);
    assertMatch(again.stderr, /Nothing is installed/);
  },
);

for (const name of ["qmail-remote", "qmail-queue"]) {
  for (const way of ["a link to", "a copy of"]) {
    endToEnd(
      `\`install --uninstall\` removes nothing while ${name} is ${way} a program of ours`,
      async () => {
        await using folder = await Folder.makeInstalled();
        const prefix = `${folder.path}/p`;
        const path = `${prefix}/bin/${name}`;
        const program = name === "qmail-remote" ? "dk-remote" : "qmail-dk";
        await write(`${path}.orig`, "#!/bin/sh\n# the real one\n");
        if (way === "a link to") await Deno.symlink(program, path);
        else await Deno.copyFile(`${prefix}/bin/${program}`, path);
        const args = ["--prefix", prefix, "--uninstall"];
        const { code, stderr } = await runInstaller(args);
        assertEquals(code, 1);
        assert(
          stderr.includes(
            `${path}: is ${program}\n    -> mv -f ${path}.orig ${path}\n`,
          ),
          stderr,
        );
        const [, undo = ""] = /-> (mv .*)/.exec(stderr) ?? [];
        const { success } = await new Deno.Command("/bin/sh", {
          args: ["-c", undo],
        }).output();
        assert(success);
        await install(args);
        assertMatch(await Deno.readTextFile(path), /the real one/);
      },
    );
  }
}

Deno.test("`findUses()` finds what a running process of qmail was started with", async () => {
  await using folder = await Folder.make();
  const processes = `${folder.path}/proc`;
  const env = "PATH=/bin\0QMAILREMOTE=/opt/dk/bin/dk-remote\0";
  await write(`${processes}/12/comm`, "qmail-rspawn\n");
  await write(`${processes}/12/environ`, env);
  await write(`${processes}/13/comm`, "bash\n");
  await write(`${processes}/13/environ`, env);
  await write(`${processes}/self/comm`, "qmail-send\n");
  const places = { runFiles: [], rulesFiles: [], processes };
  assertEquals(findUses("/opt/dk", places), [{
    where: "process 12, qmail-rspawn",
    what: "QMAILREMOTE=/opt/dk/bin/dk-remote",
    undo: "restart its service",
  }]);
  assertEquals(findUses("/opt/other", places), []);
});

async function write(path: string, text: string): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, text);
}
