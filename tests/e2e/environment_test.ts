// The next program finds the environment as it was without a filter in front of it, to the byte
// and in its order, but for DKQUEUE.

import { assertEquals } from "@std/assert";
import { compare } from "../support/comparison.ts";
import { MAIL, toBytes } from "../support/mail.ts";
import { PROGRAMS } from "../support/programs.ts";
import { endToEnd } from "../support/requirements.ts";
import { Site } from "../support/site.ts";

interface Row {
  name: string;
  env: Record<string, string>;
  /** Lines of /bin/sh, for what no string and no shell variable can hold. */
  setup?: string;
}

const ROWS: Row[] = [
  { name: "an empty environment", env: {} },
  {
    name: "empty, odd and long variables",
    env: {
      EMPTY: "",
      EQUALS: "=a=b=",
      LINES: "a\nb\n",
      LONG: "x".repeat(5000),
    },
    // A shell drops a variable that it could not have.
    setup: 'set -- /usr/bin/env with.dot=x "with space=" "$@"',
  },
  {
    name: "variables that are not UTF-8",
    env: { BEFORE: "1", UTF: "\u20ac" },
    setup: `export VALUE="$(printf 'a\\377\\200b')"
      set -- /usr/bin/env "$(printf 'NAME\\351=\\376')" "$@"`,
  },
  { name: "PATH and HOME", env: { PATH: "/usr/bin:/bin", HOME: "/none" } },
  { name: "an empty PATH", env: { PATH: "", A: "b" } },
  {
    name: "a PATH that is not UTF-8",
    env: { A: "b" },
    setup: `export PATH="$(printf '/usr/bin:/bin:/\\351')"`,
  },
  {
    name: "what an SMTP session sets",
    env: {
      PATH: "/bin:/usr/bin:/usr/local/bin",
      PROTO: "TCP",
      TCPLOCALIP: "192.0.2.1",
      TCPREMOTEIP: "192.0.2.2",
      RELAYCLIENT: "",
      QMAILQUEUE: "/var/qmail/bin/qmail-dk",
    },
  },
];

for (const program of PROGRAMS) {
  for (const { name, env, setup } of ROWS) {
    endToEnd(`\`${program}\` hands on ${name}`, async () => {
      await using site = await Site.open();
      // No key of the machine's own, should there be any.
      const whole = "RELAYCLIENT" in env ? { ...env, ...site.env } : env;
      const run = { env: whole, ...(setup === undefined ? {} : { setup }) };
      const { found, expected } = await compare(program, site, run);
      assertEquals(found.environ, expected.environ);
    });
  }

  endToEnd(`\`${program}\` hands on all but DKQUEUE`, async () => {
    await using site = await Site.open();
    const env = { A: "b", DKQUEUE: "/bin/false", DKQUEUES: "", Z: "" };
    const { found, expected } = await compare(program, site, { env });
    assertEquals(
      found.environ,
      expected.environ.filter((entry) => !entry.startsWith("DKQUEUE=")),
    );
    assertEquals(found.environ.length, 3);
  });
}

for (const name of ["DKSIGN", "DKIMSIGNOPTIONS", "DKQUEUE", "TMPDIR"]) {
  endToEnd(`\`dk-sign\` exits 55 when ${name} is not UTF-8`, async () => {
    await using site = await Site.open();
    const { code, reached } = await site.run("dk-sign", {
      message: toBytes(MAIL),
      setup: `export ${name}="$(printf '/a\\377')"`,
    });
    assertEquals([code, reached], [55, false]);
  });
}
