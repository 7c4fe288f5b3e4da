// ERROR_FD: the text for the SMTP client on a descriptor that the caller gave for it, and the exit
// code that says so; without such a descriptor the plain one.

import { assertEquals } from "@std/assert";
import { signDkim, signDomainKeys } from "../support/verifying.ts";
import {
  assertLogged,
  assertNotQueued,
  Incoming,
  resultsOf,
  VERIFIERS,
} from "../support/incoming.ts";
import { MAIL } from "../support/signed_mail.ts";
import {
  endToEnd,
  MOUNTING,
  type Prefix,
  wordsOf,
} from "../support/requirements.ts";

/** Neither signature is good. */
const MESSAGE = signDkim(signDomainKeys(MAIL)).replace("Hello", "Hallo");

const REJECTED = "permanently rejected message (#5.3.0)";
const DEFERRED =
  "temporarily deferred message, please try again later (#4.3.0)";
const BAD_SIGNATURE = "bad signature by example.com (letter B)";
const CHANGED = "body changed after signing by example.com (letter P)";
const TEXTS = [
  {
    letters: "B",
    text: `DDomainKeys ${REJECTED}: ${BAD_SIGNATURE}`,
    plain: 31,
  },
  {
    letters: "b",
    text: `ZDomainKeys ${DEFERRED}: ${BAD_SIGNATURE}`,
    plain: 71,
  },
  {
    letters: ",P",
    text: `DDomainKeys Identified Mail (DKIM) ${REJECTED}: ${CHANGED}`,
    plain: 31,
  },
  {
    letters: ",p",
    text: `ZDomainKeys Identified Mail (DKIM) ${DEFERRED}: ${CHANGED}`,
    plain: 71,
  },
];

for (const program of VERIFIERS) {
  for (const { letters, text, plain } of TEXTS) {
    const env = { DKVERIFY: letters };

    for (const errorFd of [6, 4]) {
      endToEnd(
        `\`${program}\` exits 82 with a text on descriptor ${errorFd} for DKVERIFY="${letters}"`,
        async () => {
          await using host = await Incoming.open();
          const result = await host.run(program, {
            message: MESSAGE,
            errorFd,
            env: { ...env, ERROR_FD: `${errorFd}` },
          });
          assertNotQueued(result, 82);
          assertEquals(result.errorText, text);
          assertLogged(result, text.startsWith("D") ? "rejected" : "deferred");
        },
      );
    }

    endToEnd(
      `\`${program}\` exits 88 with nothing but a text on descriptor 2 for DKVERIFY="${letters}"`,
      async () => {
        await using host = await Incoming.open();
        const result = await host.run(program, {
          message: MESSAGE,
          env: { ...env, ERROR_FD: "2" },
        });
        assertNotQueued(result, 88);
        assertEquals(result.stderr, text);
      },
    );

    endToEnd(
      `\`${program}\` exits ${plain} without ERROR_FD for DKVERIFY="${letters}"`,
      async () => {
        await using host = await Incoming.open();
        const run = { message: MESSAGE, errorFd: 6, env };
        const result = await host.run(program, run);
        assertNotQueued(result, plain);
        assertEquals(result.errorText, "");
      },
    );
  }
}

/** Descriptors that are no place for a text; `FD` stands for the number, `DIR` for a folder. */
const NO_PLACES = [
  { name: "that is closed", setup: "" },
  { name: "that is a file", setup: "exec FD>DIR/file" },
  { name: "that is /dev/null", setup: "exec FD>/dev/null" },
  { name: "that is open to read", setup: "exec FD</dev/null" },
  {
    name: "that is the read end of a pipe",
    setup: "mkfifo DIR/pipe; exec 8<>DIR/pipe FD<DIR/pipe 8>&-",
  },
  {
    name: "that is both ends of a pipe",
    setup: "mkfifo DIR/pipe; exec FD<>DIR/pipe",
  },
  {
    name: "that is a pipe nobody reads",
    setup: "mkfifo DIR/pipe; exec 8<>DIR/pipe FD>DIR/pipe 8>&-",
  },
];

for (const { name, setup } of NO_PLACES) {
  endToEnd(
    `\`dk-verify\` exits 31 or 71 with ERROR_FD of a descriptor ${name}`,
    async () => {
      await using host = await Incoming.open();
      const runs = ["3", "4", "6"].flatMap((fd) =>
        TEXTS.slice(0, 2).map(async ({ letters, plain }) => {
          const folder = await Deno.makeTempDir({ dir: host.folder });
          const result = await host.run("dk-verify", {
            message: MESSAGE,
            env: { DKVERIFY: letters, ERROR_FD: fd },
            setup: setup.replaceAll("FD", fd).replaceAll("DIR", folder),
          });
          assertNotQueued(result, plain);
          assertLogged(result, plain === 31 ? "rejected" : "deferred");
          for await (const { name } of Deno.readDir(folder)) {
            assertEquals((await Deno.stat(`${folder}/${name}`)).size, 0);
          }
        })
      );
      await Promise.all(runs);
    },
  );
}

endToEnd(
  "`dk-verify` exits 31 with ERROR_FD of any descriptor that is its runtime's own",
  async () => {
    await using host = await Incoming.open();
    const runs = ["3", "4", "5", "6", "7", "8", "9"].map(async (fd) => {
      const env = { DKVERIFY: "B", ERROR_FD: fd };
      assertNotQueued(
        await host.run("dk-verify", { message: MESSAGE, env }),
        31,
      );
    });
    await Promise.all(runs);
  },
);

/** Arranges descriptor 6, which is a pipe, in a way that /bin/sh has no words for. */
const WAYS = [
  {
    name: "a descriptor that is close-on-exec",
    words: ["perl", "-e", 'open my $f, ">&=6" or die; exec @ARGV or die'],
  },
  {
    name: "a socket",
    words: ["bash", "-c", 'exec 6<>"/dev/tcp/127.0.0.1/$0" && exec "$@"'],
    takesPort: true,
  },
];

for (const { name, words, takesPort = false } of WAYS) {
  const [program = ""] = words;
  endToEnd(
    `\`dk-verify\` exits 31 with ERROR_FD of ${name}`,
    async () => {
      await using host = await Incoming.open();
      const port = takesPort ? [`${host.dns.port}`] : [];
      const result = await host.run("dk-verify", {
        message: MESSAGE,
        errorFd: 6,
        env: { DKVERIFY: "B", ERROR_FD: "6" },
        prefix: ["/usr/bin/env", "PATH=/usr/bin:/bin", ...words, ...port],
      });
      assertNotQueued(result, 31);
      assertEquals(result.errorText, "");
    },
    needsProgram(program),
  );
}

endToEnd("`dk-verify` writes no text for a message that it takes", async () => {
  await using host = await Incoming.open();
  const result = await host.run("dk-verify", {
    message: MESSAGE,
    errorFd: 6,
    env: { ERROR_FD: "6" },
  });
  assertEquals(resultsOf(MESSAGE, result).length, 3);
  assertEquals(result.errorText, "");
});

endToEnd(
  "`dk-verify` tells its text where there is no /dev/fd",
  async () => {
    await using host = await Incoming.open();
    const [{ text }] = TEXTS as [typeof TEXTS[number]];
    const result = await host.run("dk-verify", {
      message: MESSAGE,
      errorFd: 6,
      env: { DKVERIFY: "B", ERROR_FD: "6" },
      prefix: [
        ...wordsOf(MOUNTING),
        "/bin/sh",
        "-c",
        'mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && exec "$@"',
        "sh",
      ],
    });
    assertNotQueued(result, 82);
    assertEquals(result.errorText, text);
  },
  MOUNTING,
);

/** A program of the system. */
function needsProgram(name: string): Prefix {
  try {
    return Deno.statSync(`/usr/bin/${name}`).isFile
      ? { words: [] }
      : { missing: `no ${name}` };
  } catch {
    return { missing: `no ${name}` };
  }
}
