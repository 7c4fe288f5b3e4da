// The name in front of the results: control/authservid, else control/me, else that of the host.

import { assertEquals, assertMatch } from "@std/assert";
import {
  assertNotQueued,
  Incoming,
  resultsOf,
  VERIFIERS,
} from "../support/incoming.ts";
import { MAIL } from "../support/signed_mail.ts";
import { endToEnd, privilegeOf, wordsOf } from "../support/requirements.ts";

/** Contents of control files, and what is written. */
const NAMES: {
  name: string;
  authservid?: string;
  me?: string;
  expected: string;
}[] = [
  {
    name: "control/authservid rather than control/me",
    authservid: "auth.example\n",
    me: "me.example\n",
    expected: "auth.example",
  },
  {
    name: "control/me without control/authservid",
    me: "me.example\n",
    expected: "me.example",
  },
  {
    name: "control/me when control/authservid is empty",
    authservid: "\n",
    me: "me.example",
    expected: "me.example",
  },
  {
    name: "the first line of control/authservid, without its final white space",
    authservid: "auth.example \t\r\nsecond.example\n",
    expected: "auth.example",
  },
  {
    name: "control/authservid as it is written",
    authservid: "MX.Example.NET",
    expected: "MX.Example.NET",
  },
  {
    name: "what is no token in quotes",
    authservid: 'a; dkim=pass "b" \\',
    expected: '"a; dkim=pass \\"b\\" \\\\"',
  },
  {
    name: "the host's own name without control files",
    expected: Deno.hostname(),
  },
  {
    name: "the host's own name when both are empty",
    authservid: "",
    me: "\n",
    expected: Deno.hostname(),
  },
];

/** Names that no field can bear, and where they are. */
const UNWRITABLE: [name: string, path: string, content: string][] = [
  [
    "a control/authservid with control characters",
    "control/authservid",
    "a\tb\x01",
  ],
  [
    "a control/authservid of a U-label",
    "control/authservid",
    "mx.b\u00fccher.example",
  ],
  ["a control/me of a U-label", "control/me", "mx.b\u00fccher.example\n"],
  [
    "a control/authservid of 254 letters",
    "control/authservid",
    "a".repeat(254),
  ],
  ["a control/authservid of dots", "control/authservid", "..\n"],
];

for (const program of VERIFIERS) {
  endToEnd(
    `\`${program}\` exits 55 when control/authservid is a FIFO`,
    async () => {
      await using host = await Incoming.open();
      const setup = `mkfifo ${host.folder}/control/authservid`;
      assertNotQueued(await host.run(program, { message: MAIL, setup }), 55);
    },
  );

  for (const { name, authservid, me, expected } of NAMES) {
    endToEnd(`\`${program}\` writes ${name}`, async () => {
      await using host = await Incoming.open();
      await Deno.remove(`${host.folder}/control/me`);
      if (authservid !== undefined) {
        await host.write("control/authservid", authservid);
      }
      if (me !== undefined) await host.write("control/me", me);
      const result = await host.run(program, { message: MAIL });
      assertEquals(resultsOf(MAIL, result), [
        expected,
        "domainkeys=none (no signature) header.from=example.com",
        "dkim=none (no signature)",
      ]);
    });
  }

  for (const [name, path, content] of UNWRITABLE) {
    endToEnd(`\`${program}\` exits 55 for ${name}`, async () => {
      await using host = await Incoming.open();
      await host.write(path, content);
      const forged = "Authentication-Results: invalid; dkim=pass\n";
      const result = await host.run(program, { message: forged + MAIL });
      assertNotQueued(result, 55);
      assertMatch(result.stderr, /Cannot write .+ into Authentication-Results/);
      assertMatch(result.stderr, /^[ -~]+\n$/);
    });
  }

  endToEnd(
    `\`${program}\` exits 55 when control/authservid cannot be read`,
    async () => {
      await using host = await Incoming.open();
      await host.write("control/authservid", "auth.example\n");
      await Deno.chmod(`${host.folder}/control/authservid`, 0);
      const prefix = wordsOf(privilegeOf("chmod"));
      assertNotQueued(await host.run(program, { message: MAIL, prefix }), 55);
    },
    privilegeOf("chmod"),
  );
}
