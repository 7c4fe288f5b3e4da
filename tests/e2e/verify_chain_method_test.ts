// ARC by process: the key of our own sets, where it is looked for, and what a bad one ends with.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { generateKeyPairSync } from "node:crypto";
import { toText } from "../../lib/message/octets.ts";
import { toPem } from "../support/private_keys.ts";
import { assertNotQueued, Incoming, VERIFIERS } from "../support/incoming.ts";
import { endToEnd } from "../support/requirements.ts";
import { MAIL } from "../support/signed_mail.ts";

function makeKey(type: "rsa" | "ed25519"): string {
  const { privateKey } = type === "rsa"
    ? generateKeyPairSync("rsa", { modulusLength: 2048 })
    : generateKeyPairSync("ed25519");
  return toPem(privateKey, "pkcs8");
}

/** A host named mx.example.net that asks for nothing but what a test says. */
async function openHost(): Promise<Incoming> {
  const host = await Incoming.open();
  delete host.env.DKVERIFY;
  return host;
}

for (const program of VERIFIERS) {
  endToEnd(
    `\`${program}\` seals with the key of a parent of its host's name`,
    async () => {
      await using host = await openHost();
      await Deno.mkdir(`${host.folder}/keys/example.net`, { recursive: true });
      await host.write("keys/example.net/arc", makeKey("rsa"));
      const env = { ARCVERIFY: "", ARCSEAL: `${host.folder}/keys/%/arc` };
      const { queued, stderr } = await host.run(program, {
        message: MAIL,
        env,
      });
      const text = toText(queued!.message);
      assertMatch(
        text,
        /^ARC-Seal: i=1; a=rsa-sha256;[^]* d=example\.net;\s+s=arc;/,
      );
      assertMatch(
        text,
        /\nARC-Authentication-Results: i=1;\s+mx\.example\.net;\s+arc=none[^]*\nAuthentication-Results: mx\.example\.net;\n\tarc=none/,
      );
      assert(text.endsWith(MAIL));
      assertMatch(stderr, / arc=none .*sealed="i=1 cv=none"/);
    },
  );
}

endToEnd(
  "`dk-verify` seals for the folder of a key that is named",
  async () => {
    await using host = await openHost();
    await Deno.mkdir(`${host.folder}/keys/example.org`, { recursive: true });
    await host.write("keys/example.org/s1", makeKey("rsa"));
    const env = { ARCSEAL: `${host.folder}/keys/example.org/s1` };
    const { queued } = await host.run("dk-verify", { message: MAIL, env });
    assertMatch(
      toText(queued!.message),
      /^ARC-Seal:[^]* d=example\.org;\s+s=s1;/,
    );
  },
);

endToEnd(
  "`dk-verify` hands on unsealed where no name of its own has a key",
  async () => {
    await using host = await openHost();
    const env = { ARCSEAL: `${host.folder}/keys/%/arc` };
    const { queued, stderr } = await host.run("dk-verify", {
      message: MAIL,
      env,
    });
    assertMatch(toText(queued!.message), /^Authentication-Results: /);
    assertMatch(stderr, / sealed="no: no key"/);
  },
);

endToEnd(
  "`dk-verify` exits 32 for a key that is named and missing, 55 for one that cannot seal",
  async () => {
    await using host = await openHost();
    await host.write("ed", makeKey("ed25519"));
    await host.write("none", "no key");
    for (
      const [name, code] of [["missing", 32], ["ed", 55], ["none", 55]] as const
    ) {
      const env = { ARCSEAL: `${host.folder}/${name}` };
      const result = await host.run("dk-verify", { message: MAIL, env });
      assertNotQueued(result, code);
    }
  },
);

endToEnd("`qmail-dk` passes on where ARCSEAL alone is set", async () => {
  await using host = await openHost();
  const env = { ARCSEAL: `${host.folder}/missing` };
  const { queued, stderr } = await host.run("qmail-dk", { message: MAIL, env });
  assertEquals(toText(queued!.message), MAIL);
  assertMatch(stderr, /passed on/);
});

endToEnd("`dk-verify` seals nothing that is local", async () => {
  await using host = await openHost();
  delete host.env.TCPREMOTEIP;
  const env = { ARCSEAL: `${host.folder}/missing` };
  const { queued } = await host.run("dk-verify", { message: MAIL, env });
  assertEquals(toText(queued!.message), MAIL);
});
