// The log: one line on fd 2 for each message, that says what was done and to whom, warns of what
// is unsafe, and holds nothing of the message and no control character.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fieldsOf, MAIL, toBytes } from "../support/mail.ts";
import { commandOf, type Program } from "../support/programs.ts";
import { endToEnd } from "../support/requirements.ts";
import { makeEd25519Key, Site } from "../support/site.ts";

const MESSAGE = toBytes(MAIL);
const PROGRAMS: Program[] = ["dk-sign", "qmail-dk"];
const FAKE_QUEUE =
  new URL("../support/fake_queue.sh", import.meta.url).pathname;

for (const program of PROGRAMS) {
  endToEnd(
    `\`${program}\` logs domain, selector, algorithm and next program`,
    async () => {
      await using site = await Site.open();
      await site.addKey("example.com", "ed", makeEd25519Key());
      const { stderr } = await site.run(program, {
        message: MESSAGE,
        env: { RELAYCLIENT: "", DKIMSIGNEXTRA: `${site.folder}/keys/%/ed` },
      });
      assertEquals(
        stderr.replace(/ qp=\d+\n$/, "\n"),
        `${program}: signed d=example.com s=default a=rsa-sha256 ` +
          `d=example.com s=ed a=ed25519-sha256 ` +
          `d=example.com s=default a=rsa-sha1 bytes=${MESSAGE.length} ` +
          `next=${FAKE_QUEUE}\n`,
      );
    },
  );

  endToEnd(`\`${program}\` logs why it has passed a message on`, async () => {
    await using site = await Site.open();
    delete site.env.DKSIGN;
    const result = await site.run(program, { message: MESSAGE });
    assertEquals(fieldsOf(MESSAGE, result), []);
    assertMatch(
      result.stderr,
      /^(dk-sign|qmail-dk): passed on reason="[ -~]+" bytes=\d+ next=[^ ]+ qp=\d+\n$/,
    );
  });
}

endToEnd("the log names the process that the next program is in", async () => {
  await using site = await Site.open();
  const script = await site.write(
    "queue.sh",
    "#!/bin/sh\ncat >/dev/null\necho queue=$$ >&2\n",
  );
  await Deno.chmod(script, 0o755);
  const { stderr } = await site.run("dk-sign", {
    message: MESSAGE,
    args: [script],
  });
  const [, logged, own] = /qp=(\d+)\nqueue=(\d+)\n$/.exec(stderr) ?? [];
  assertMatch(stderr, /queue=\d+\n$/);
  assertEquals(logged, own);
});

endToEnd("`dk-sign dk-sign` logs one line each", async () => {
  await using site = await Site.open();
  const { stderr } = await site.run("dk-sign", {
    message: MESSAGE,
    args: commandOf("dk-sign"),
  });
  assertMatch(
    stderr,
    /^dk-sign: signed [^\n]*\ndk-sign: signed before [^\n]*\n$/,
  );
});

/** Who may read the key, and whether that is worth a warning. */
const MODES = [
  { mode: 0o600, warns: false },
  { mode: 0o640, warns: false },
  { mode: 0o400, warns: false },
  { mode: 0o644, warns: true },
  { mode: 0o604, warns: true },
];

for (const { mode, warns } of MODES) {
  const text = warns ? "warns of" : "does not warn of";
  endToEnd(
    `\`dk-sign\` signs with and ${text} a key of mode ${mode.toString(8)}`,
    async () => {
      await using site = await Site.open();
      const path = `${site.folder}/keys/example.com/default`;
      await Deno.chmod(path, mode);
      const result = await site.run("dk-sign", { message: MESSAGE });
      assertEquals(fieldsOf(MESSAGE, result).length, 2);
      const warnings = result.stderr.match(/ warning="[^"]*"/g) ?? [];
      assertEquals(warnings.length, warns ? 1 : 0, result.stderr);
      if (warns) assert(warnings[0]!.includes(path));
    },
  );
}

endToEnd("`dk-sign` warns of a key of the parent domain, once", async () => {
  await using site = await Site.open();
  await Deno.chmod(`${site.folder}/keys/example.com/default`, 0o644);
  const { stderr } = await site.run("dk-sign", {
    message: toBytes(MAIL.replace("ann@", "ann@sub.")),
    env: { DKIMSIGNEXTRA: `${site.folder}/keys/%/default` },
  });
  assertEquals(stderr.match(/ warning=/g)?.length, 1, stderr);
});

const NASTY =
  "\x1b[31m\r\x07\x00\x7f\x9b2J\n\u2028dk-sign: signed d=evil.example";

/** Where a sender could put something that is meant for the log. */
const SENDERS = [
  { name: "the Subject", message: MAIL.replace("the first", NASTY) },
  { name: "the display name", message: MAIL.replace("Ann", `"${NASTY}"`) },
  { name: "the local part", message: MAIL.replace("ann@", `"${NASTY}"@`) },
  {
    name: "the domain",
    message: MAIL.replace("@example.com>\nTo", `@${NASTY}>\nTo`),
  },
  { name: "a field's name", message: `${NASTY}: x\n${MAIL}` },
  { name: "the body", message: MAIL + NASTY },
  { name: "a Sender", message: `Sender: <${NASTY}>\n${MAIL}` },
  {
    name: "a signature",
    message: `DKIM-Signature: v=1; d=${NASTY}; s=${NASTY}\n${MAIL}`,
  },
];

for (const { name, message: text } of SENDERS) {
  endToEnd(`\`dk-sign\` logs nothing of what ${name} holds`, async () => {
    await using site = await Site.open();
    const message = toBytes(text);
    const result = await site.run("dk-sign", { message });
    fieldsOf(message, result);
    assert(!/evil|Ann|ann@|the first|Hello/.test(result.stderr), result.stderr);
  });
}

/** Settings that end in the log as they are quoted in an error; NUL can be in none. */
const QUOTED = NASTY.replaceAll("\0", "");
const SETTINGS: { name: string; env: Record<string, string> }[] = [
  { name: "DKIMSIGNOPTIONS", env: { DKIMSIGNOPTIONS: `-c "${QUOTED}"` } },
  { name: "DKSIGNWITH", env: { DKSIGNWITH: QUOTED } },
  { name: "DKSIGN", env: { DKSIGN: `/${QUOTED}/de;fault` } },
  { name: "DKQUEUE", env: { DKQUEUE: `/${QUOTED}` } },
  { name: "TMPDIR", env: { TMPDIR: `/${QUOTED}` } },
];

for (const { name, env } of SETTINGS) {
  endToEnd(
    `\`dk-sign\` escapes control characters and quotes of ${name}`,
    async () => {
      await using site = await Site.open();
      const { stderr } = await site.run("dk-sign", {
        // Large enough for TMPDIR.
        message: new Uint8Array(5 << 20).fill(120),
        env: { DKQUEUE: "/bin/true", ...env },
        next: "none",
      });
      assertMatch(stderr, /^(dk-sign: [ -~]*\n)+$/);
      assertMatch(stderr, /\\x07/);
      assert(!/^dk-sign: signed d=evil/m.test(stderr), stderr);
    },
  );
}

endToEnd("`dk-sign` escapes what could end a quoted value", async () => {
  await using site = await Site.open();
  const { stderr } = await site.run("dk-sign", {
    message: MESSAGE,
    env: { DKSIGNWITH: 'x" d=evil \\' },
  });
  assertEquals(
    stderr.replace(/ qp=\d+\n$/, "\n"),
    'dk-sign: failed exit=55 reason="Cannot use \\x22x\\x22 d=evil \\x5c\\x22 ' +
      'for DKSIGNWITH: give a list out of dkim and domainkeys"\n',
  );
});
